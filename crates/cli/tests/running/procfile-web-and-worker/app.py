from pathlib import Path

from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    beats = Path("beats.txt")
    return f"worker beats: {beats.read_text() if beats.exists() else 'none'}"


if __name__ == "__main__":
    app.run(debug=True)
