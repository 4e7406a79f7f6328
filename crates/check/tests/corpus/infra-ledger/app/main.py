from functools import lru_cache

import requests
from fastapi import FastAPI, UploadFile

from app import rates

app = FastAPI()


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


@app.get("/rates/{currency}")
async def rate(currency: str):
    answer = requests.get(f"{rates.BASE}/latest", params={"to": currency}, timeout=5)
    return answer.json()


@lru_cache(maxsize=None)
def category_of(description: str) -> str:
    return rates.classify(description)


async def read_statement(statement: UploadFile):
    text = (await statement.read()).decode()
    return [category_of(line) for line in text.splitlines()]
