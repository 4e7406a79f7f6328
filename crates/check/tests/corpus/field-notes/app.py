import requests
import jwt
import boto3
from PIL import Image
from flask import Flask, jsonify
from fastapi import FastAPI
from Crypto.Cipher import AES

from notes.models import Note, db
from notes.listing import page_of

app = Flask(__name__)
side = FastAPI()
with app.app_context():
    db.create_all()


@app.route("/notes")
def notes():
    return jsonify([note.title for note in Note.query.all()])


@app.route("/pages")
def pages():
    return jsonify(page_of(db.session, "note", 1))


@app.route("/owners")
def owners():
    cursor = db.engine.raw_connection().cursor()
    out = []
    for note in Note.query.limit(50):
        cursor.execute("SELECT name FROM owners WHERE id = %s", (note.owner_id,))
        out.append(cursor.fetchone())
    return jsonify(out)
    cursor.close()


if __name__ == "__main__":
    print(requests, jwt, boto3, Image, AES)
