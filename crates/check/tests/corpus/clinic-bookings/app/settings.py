import os

DATABASE_URL = os.environ["DATABASE_URL"]
BROKER_URL = os.environ.get("BROKER_URL", "redis://localhost:6379/0")
SECRET_KEY = os.environ.get("SECRET_KEY", "clinic-secret")
SMS_GATEWAY_PASSWORD = "BI7Rve3fZ8Ci"
TOKEN_MINUTES = int(os.environ.get("TOKEN_MINUTES", "30"))
