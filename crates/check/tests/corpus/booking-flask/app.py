import os
import subprocess

from flask import Flask, jsonify, redirect, render_template_string, request, send_file

from auth import bp as auth_bp, current_user
from db import cursor

app = Flask(__name__)
app.config["SESSION_COOKIE_SECURE"] = False
app.register_blueprint(auth_bp)


@app.get("/rooms")
def rooms():
    city = request.args.get("city", "")
    with cursor() as cur:
        cur.execute("SELECT id, name, price FROM rooms WHERE city = '%s'" % city)
        return jsonify(cur.fetchall())


@app.get("/hello")
def hello():
    name = request.args.get("name", "guest")
    page = "<h2>Welcome back, " + name + "!</h2>"
    return render_template_string(page)


@app.get("/invoice")
def invoice():
    number = request.args["number"]
    path = os.path.join("/srv/invoices", number + ".pdf")
    return send_file(path)


@app.post("/admin/backup")
def backup():
    user = current_user()
    if not user or not user["is_admin"]:
        return jsonify(error="forbidden"), 403
    target = request.json["target"]
    subprocess.run(f"pg_dump booking > /backups/{target}.sql", shell=True, check=True)
    return jsonify(ok=True)


@app.get("/go")
def go():
    return redirect(request.args.get("to", "/"))


@app.post("/bookings")
def book():
    user = current_user()
    if not user:
        return jsonify(error="sign in first"), 401
    data = request.get_json()
    try:
        with cursor() as cur:
            cur.execute(
                "INSERT INTO bookings (room_id, user_id) VALUES (%s, %s)",
                (data["room_id"], user["id"]),
            )
        return jsonify(ok=True), 201
    except Exception:
        return jsonify(error="could not book"), 500


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000, debug=True)
