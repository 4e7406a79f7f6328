import hashlib
import hmac
import time

from fastapi import Header, HTTPException

from app.config import settings


def _sign(expires: int) -> str:
    return hmac.new(settings.secret_key.encode(), str(expires).encode(), hashlib.sha256).hexdigest()


def check_password(password: str) -> bool:
    return hmac.compare_digest(password.encode(), settings.clerk_password.encode())


def create_token(now: float | None = None) -> str:
    expires = int((now or time.time()) + settings.session_minutes * 60)
    return f"{expires}.{_sign(expires)}"


def is_valid(token: str) -> bool:
    expires, _, signature = token.partition(".")
    if not expires.isdigit() or int(expires) < time.time():
        return False
    return hmac.compare_digest(signature.encode(), _sign(int(expires)).encode())


def require_clerk(authorization: str = Header(default="")) -> None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not is_valid(token):
        raise HTTPException(status_code=401, detail="Sign in as a clerk first")
