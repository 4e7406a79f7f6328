"""Variables that are not set, or not what they have to be."""

CASES = [
    dict(id="python-variable-missing", run="python3 app.py", files={
        "app.py": "import os\n\nDATABASE_URL = os.environ['DATABASE_URL']\n"}),
    dict(id="pydantic-settings", run="python3 app.py", files={
        "app.py": "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    database_url: str\n"
                  "    port: int = 8000\n\n\nSettings()\n"}),
    dict(id="envalid", modules=True, run="node server.js", files={
        "server.js": "const { cleanEnv, str, port } = require('envalid')\n"
                     "cleanEnv(process.env, { DATABASE_URL: str(), PORT: port({ default: 3000 }) })\n"}),
    dict(id="shell-variable-missing", run="sh deploy.sh", files={
        "deploy.sh": 'set -eu\necho "deploying"\necho "to ${TARGET_HOST}"\n'}),
    dict(id="rust-variable-missing", run="cargo build --offline", files={
        "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
        "src/main.rs": 'fn main() {\n    println!("{}", env!("API_KEY_ID"));\n}\n'}),
    dict(id="django-secret-key", run="python3 manage.py shell -c 'from django.core import signing; signing.dumps(1)'", files={
        "manage.py": "import os, sys\nos.environ['DJANGO_SETTINGS_MODULE'] = 'settings'\n"
                     "from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
        "settings.py": "import os\nSECRET_KEY = os.environ.get('SECRET_KEY', '')\nINSTALLED_APPS = ['django.contrib.auth', 'django.contrib.contenttypes']\n"}),
]
