import httpx
from celery import Celery

from app import settings

app = Celery("clinic", broker=settings.BROKER_URL)
REMINDER_TOKEN = "VeCx1U4kyEt0s81SE9BzTVTaNiGGQ7kvbsVd1hI93fA"


@app.task(time_limit=60)
def remind(phone: str, text: str) -> None:
    httpx.post(
        "https://sms.medgate.net/send",
        headers={"x-token": REMINDER_TOKEN},
        json={"to": phone, "text": text},
        timeout=10,
    ).raise_for_status()
