"""Python: programs that do not start, and tools that look at them."""

CASES = [
    dict(id="module-missing", run="python3 app.py", files={"app.py": "import stripe\n"}),
    dict(id="syntax-error", run="python3 app.py", files={"app.py": "def total(items)\n    return sum(items)\n"}),
    dict(id="indentation", run="python3 app.py", files={"app.py": "def total(items):\nreturn sum(items)\n"}),
    dict(id="name-missing", run="python3 app.py", files={"app.py": "from shop import Cart\n", "shop.py": "x = 1\n"}),
    dict(id="circular-import", run="python3 a.py", files={
        "a.py": "import b\n", "b.py": "from c import C\nclass B: pass\n", "c.py": "from b import B\nclass C: pass\n"}),
    dict(id="system/file-missing.python", run="python3 app.py", files={"app.py": "open('config/settings.yaml')\n"}),
    dict(id="mypy", run="mypy app.py", files={"app.py": 'def total(n: int) -> str:\n    return n + 1\n'}),
    dict(id="ruff", run="ruff check .", files={"app.py": "import os\nimport sys\nprint(sys.argv)\n"}),
    dict(id="black", run="black --check .", files={"app.py": "x = {  'a':1 }\n"}),
    dict(id="ruff-format", run="ruff format --check .", files={"app.py": "x = {  'a':1 }\n"}),
    dict(id="no-virtualenv-tool", run="python3 -m gunicorn app:app"),
    dict(id="django-migration-conflict", run="python3 manage.py migrate", files={
        "manage.py": "import sys\nfrom django.conf import settings\nsettings.configure(SECRET_KEY='x', INSTALLED_APPS=['shop'], "
                     "DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db'}})\n"
                     "from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
        "shop/__init__.py": "", "shop/models.py": "", "shop/migrations/__init__.py": "",
        "shop/migrations/0001_initial.py":
            "from django.db import migrations\nclass Migration(migrations.Migration):\n    initial = True\n",
        "shop/migrations/0002_price.py": "from django.db import migrations\nclass Migration(migrations.Migration):\n"
                                         "    dependencies = [('shop', '0001_initial')]\n",
        "shop/migrations/0002_stock.py": "from django.db import migrations\nclass Migration(migrations.Migration):\n"
                                         "    dependencies = [('shop', '0001_initial')]\n"}),
    dict(id="alembic-heads", run="alembic upgrade head", setup="alembic init alembic && sed -i "
         "'s#^sqlalchemy.url.*#sqlalchemy.url = sqlite:///db#' alembic.ini && alembic revision -m one --rev-id 1 && "
         "alembic revision -m two --rev-id 2 && alembic revision -m three --rev-id 3 --head 1 --splice"),
    dict(id="alembic-revision-missing", run="alembic upgrade head", setup="alembic init alembic && sed -i "
         "'s#^sqlalchemy.url.*#sqlalchemy.url = sqlite:///db#' alembic.ini && alembic revision -m one --rev-id 1 && "
         "alembic upgrade head && rm alembic/versions/1_one.py"),
    dict(id="django-settings", run="python3 -m django check", files={"x.py": ""}),
]
