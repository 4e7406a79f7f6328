"""Reports over HTTP."""
from os import environ

from flask import Flask, abort, jsonify

from links import new_token
from names import file_name
from settings import load

app = Flask(__name__)
settings = load("title: Reports\nkinds: [daily, weekly]\n")
links = {}


@app.get("/healthz")
def healthz():
    return "ok"


@app.get("/reports/<kind>")
def report(kind):
    if kind not in settings["kinds"]:
        abort(404)
    token = new_token()
    links[token] = file_name(kind)
    return jsonify(title=settings["title"], file=links[token], token=token)


def main():
    """Serves where the platform says."""
    app.run(host="0.0.0.0", port=int(environ["PORT"]), debug=True)


if __name__ == "__main__":
    app.run(debug=True)
