import os

from flask import Flask, jsonify

from tasks import add

app = Flask(__name__)


@app.get("/add/<int:one>/<int:other>")
def start(one, other):
    return jsonify(result=add.delay(one, other).get(timeout=30))


if __name__ == "__main__":
    app.run(port=int(os.getenv("PORT", "5000")))
