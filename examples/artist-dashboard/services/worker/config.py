import os

DATABASE_URL = os.environ.get(
    "DATABASE_URL", "postgres://dashboard:dashboard@localhost:5432/dashboard"
)
REDIS_URL = os.environ.get("REDIS_URL", "redis://localhost:6379")
SMTP_URL = os.environ.get("SMTP_URL", "")
DIGEST_FROM = os.environ.get("DIGEST_FROM", "digest@example.com")
