from flask import Flask, jsonify, render_template_string

app = Flask(__name__)

TODOS = ["water the plants", "call mum"]


@app.route("/")
def index():
    return render_template_string("<ul>{% for todo in todos %}<li>{{ todo }}</li>{% endfor %}</ul>", todos=TODOS)


@app.route("/api/todos")
def todos():
    return jsonify(TODOS)


if __name__ == "__main__":
    app.run(debug=True, port=5000)
