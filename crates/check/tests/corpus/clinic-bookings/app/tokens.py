from datetime import datetime, timedelta, timezone

import jwt


def issue(user_id: int) -> str:
    expires = datetime.now(timezone.utc) + timedelta(minutes=30)
    return jwt.encode({"sub": str(user_id), "exp": expires}, "clinic-jwt", algorithm="HS256")


def read(token: str) -> dict:
    return jwt.decode(token, "clinic-jwt", algorithms=["HS256"])
