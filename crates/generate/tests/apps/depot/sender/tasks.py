import os
import smtplib

from celery import Celery

app = Celery("sender", broker=os.environ["REDIS_URL"])


@app.task
def send(address, text):
    with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ.get("SMTP_PORT", "25"))) as server:
        server.sendmail("depot@depot.example", address, text)
