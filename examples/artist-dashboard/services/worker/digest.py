"""Daily digest of new projects for every manager. Run it once a day, e.g. from cron."""

import smtplib
from datetime import date
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import psycopg

from config import DATABASE_URL, DIGEST_FROM, SMTP_URL


def build_body(day: date, projects: list[tuple[str, str]], new_recommendations: int) -> str:
    lines = [f"Artist dashboard, {day:%d %B %Y}", ""]
    if projects:
        lines.append(f"{len(projects)} new project{'s' if len(projects) != 1 else ''}:")
        lines += [f"  - {title} ({artist})" for title, artist in projects]
    else:
        lines.append("No new projects today.")
    lines += ["", f"{new_recommendations} new recommendations."]
    return "\n".join(lines) + "\n"


def parse_smtp_url(url: str) -> dict:
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("SMTP_URL must look like smtp://user:password@host:port")
    return {
        "host": parts.hostname,
        "port": parts.port or (465 if parts.scheme == "smtps" else 587),
        "tls": parts.scheme == "smtps",
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
    }


def send(recipients: list[str], subject: str, body: str):
    smtp = parse_smtp_url(SMTP_URL)
    client = smtplib.SMTP_SSL if smtp["tls"] else smtplib.SMTP
    with client(smtp["host"], smtp["port"], timeout=20) as server:
        if not smtp["tls"] and server.has_extn("starttls"):
            server.starttls()
        if smtp["user"]:
            server.login(smtp["user"], smtp["password"])
        for recipient in recipients:
            message = EmailMessage()
            message["From"] = DIGEST_FROM
            message["To"] = recipient
            message["Subject"] = subject
            message.set_content(body)
            server.send_message(message)


def main():
    day = date.today()
    with psycopg.connect(DATABASE_URL) as conn:
        projects = conn.execute(
            "SELECT p.title, a.name FROM projects p JOIN artists a ON a.id = p.artist_id "
            "WHERE p.created_at::date = %s ORDER BY p.id",
            (day,),
        ).fetchall()
        (new_recommendations,) = conn.execute(
            "SELECT count(*) FROM recommendations WHERE created_at::date = %s", (day,)
        ).fetchone()
        recipients = [row[0] for row in conn.execute("SELECT email FROM users ORDER BY id")]

        body = build_body(day, projects, new_recommendations)
        if SMTP_URL:
            send(recipients, f"Artist dashboard {day.isoformat()}", body)
            print(f"digest sent to {len(recipients)} recipients")
        else:
            print(body)

        conn.execute(
            "INSERT INTO digests (day, recipients, body) VALUES (%s, %s, %s) "
            "ON CONFLICT (day) DO UPDATE SET recipients = EXCLUDED.recipients, "
            "body = EXCLUDED.body, created_at = now()",
            (day, len(recipients), body),
        )


if __name__ == "__main__":
    main()
