"""Fills the library; safe to run again."""

import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    for title in ("Beloved", "Solaris"):
        connection.execute("INSERT INTO books VALUES (%s) ON CONFLICT DO NOTHING", (title,))
