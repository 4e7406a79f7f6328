"""uv."""

PROJECT = '[project]\nname = "shop"\nversion = "1.0.0"\nrequires-python = "%s"\ndependencies = [%s]\n'

CASES = [
    dict(id="lockfile-outdated", setup="uv lock && sed -i 's/2.2.0/2.1.2/' pyproject.toml", run="uv sync --locked",
         files={"pyproject.toml": PROJECT % (">=3.11", '"itsdangerous==2.2.0"')}),
    dict(id="lockfile-missing", run="uv sync --frozen", files={
        "pyproject.toml": PROJECT % (">=3.11", '"itsdangerous==2.2.0"')}),
    dict(id="no-solution", run="uv lock", files={
        "pyproject.toml": PROJECT % (">=3.11", '"flask==3.0.0", "werkzeug==2.0.0"')}),
    dict(id="python-missing", run="uv sync --no-python-downloads", files={
        "pyproject.toml": PROJECT % (">=3.99", "")}),
]
