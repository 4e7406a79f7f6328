"""Poetry."""

PROJECT = """[project]
name = "shop"
version = "1.0.0"
requires-python = "%s"
dependencies = [%s]

[tool.poetry]
package-mode = false

"""

CASES = [
    dict(id="lockfile-outdated", setup="poetry lock && sed -i 's/>=3.11/>=3.10/' pyproject.toml", run="poetry install",
         files={"pyproject.toml": PROJECT % (">=3.11", "")}),
    # Two packages of the repository, so that no index is asked.
    dict(id="no-solution", run="poetry lock", files={
        "pyproject.toml": PROJECT % (">=3.11", "") +
        '[tool.poetry.dependencies]\ncart = { path = "cart" }\nprice = { path = "price" }\n',
        "cart/pyproject.toml": '[project]\nname = "cart"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["price==2"]\n',
        "price/pyproject.toml": '[project]\nname = "price"\nversion = "1"\nrequires-python = ">=3.11"\n'}),
    dict(id="python-version", setup="true", run="poetry lock", files={
        "pyproject.toml": PROJECT % (">=3.99", "")}),
    dict(id="manifest-missing", run="poetry install"),
    dict(id="command-missing", run="poetry run serve", files={"pyproject.toml": PROJECT % (">=3.11", "")}),
    dict(id="manifest-invalid", run="poetry check", files={"pyproject.toml": '[project]\nname = "shop\nversion = "1"\n'}),
]
