import os

from celery import Celery

broker = os.getenv("REDIS_URL", "redis://localhost:6379/0")
celery = Celery("tasks", broker=broker, backend=broker)


@celery.task
def add(one, other):
    return one + other
