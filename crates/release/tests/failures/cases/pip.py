"""pip: what cannot be resolved, fetched or built."""

CASES = [
    dict(id="version-not-found", run="pip install -r requirements.txt --target out", files={
        "requirements.txt": "itsdangerous==99.0.0\n"}),
    dict(id="package-not-found", run="pip install -r requirements.txt --target out", files={
        "requirements.txt": "sea-no-such-package-7f3a\n"}),
    dict(id="conflict", run="pip install -r requirements.txt --target out", files={
        "requirements.txt": "flask==3.0.0\nwerkzeug==2.0.0\n"}),
    dict(id="python-version", run="pip install ./lib --target out", files={
        "lib/pyproject.toml": '[project]\nname = "lib"\nversion = "1"\nrequires-python = ">=3.99"\n'}),
    dict(id="externally-managed", run="/usr/bin/python3 -m pip install itsdangerous"),
    dict(id="requirements-missing", run="pip install -r requirements.txt"),
    dict(id="build-failed", run="pip install ./lib --target out --no-build-isolation", setup="pip install -q setuptools",
         files={"lib/setup.py": "from setuptools import setup\nimport numpy_is_not_here\nsetup(name='lib')\n"}),
    dict(id="hash-mismatch", run="pip install -r requirements.txt --target out", files={
        "requirements.txt": "itsdangerous==2.2.0 --hash=sha256:" + "0" * 64 + "\n"}),
    dict(id="hash-missing", run="pip install --require-hashes -r requirements.txt --target out", files={
        "requirements.txt": "itsdangerous==2.2.0\n"}),
    dict(id="invalid-requirement", run="pip install -r requirements.txt --target out", files={
        "requirements.txt": "flask = 3.0.0\n"}),
    dict(id="no-project", run="pip install -e ."),
]
