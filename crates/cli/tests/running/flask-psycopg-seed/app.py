import os

import psycopg
from flask import Flask, jsonify

DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql://localhost/library")

app = Flask(__name__)


@app.get("/books")
def books():
    with psycopg.connect(DATABASE_URL) as connection:
        return jsonify([title for (title,) in connection.execute("SELECT title FROM books ORDER BY title")])
