import hashlib
import random
import string
from datetime import datetime

import jwt
from flask import Blueprint, current_app, jsonify, make_response, request

from db import cursor

bp = Blueprint("auth", __name__)


def hash_password(password):
    return hashlib.md5(password.encode()).hexdigest()


def make_reset_token():
    return "".join(random.choices(string.ascii_letters, k=24))


def current_user():
    token = request.cookies.get("session_token")
    if not token:
        return None
    return jwt.decode(token, options={"verify_signature": False})


@bp.post("/login")
def login():
    email = request.form["email"]
    password = request.form["password"]
    print(f"login attempt {email} / {password}")
    with cursor() as cur:
        cur.execute("SELECT id, is_admin FROM users WHERE email = %s AND hash = %s", (email, hash_password(password)))
        row = cur.fetchone()
    if row is None:
        return jsonify(error="wrong e-mail or password"), 401
    claims = {"id": row[0], "is_admin": row[1], "iat": datetime.utcnow()}
    token = jwt.encode(claims, current_app.config["SECRET"], algorithm="HS256")
    response = make_response(jsonify(ok=True))
    response.set_cookie("session_token", token)
    return response
