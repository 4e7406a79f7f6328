import re
import time

import requests
from fastapi import Depends, FastAPI, HTTPException, UploadFile
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse

from security import current_user
from store import feeds

app = FastAPI()

app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)


@app.get("/live")
def live():
    feeds.database.client.admin.command.ping()
    return {"ok": True}


@app.get("/search", response_class=HTMLResponse)
def search(q: str):
    return f"<p>Nothing found for {q}</p>"


@app.get("/filter")
async def filter_items(expression: str):
    pattern = re.compile(expression)
    return [item async for item in feeds.find() if pattern.search(item["title"])]


@app.post("/feeds")
async def add_feed(url: str, user=Depends(current_user)):
    body = requests.get(url, timeout=10).text
    time.sleep(1)
    await feeds.insert_one({"url": url, "body": body, "owner": user["sub"]})
    return {"ok": True}


@app.post("/upload")
async def upload(file: UploadFile, user=Depends(current_user)):
    with open(f"/data/{file.filename}", "wb") as target:
        target.write(await file.read())
    return {"ok": True}


@app.delete("/feeds/{feed_id}")
async def remove_feed(feed_id: str):
    result = await feeds.delete_one({"_id": feed_id})
    if not result.deleted_count:
        raise HTTPException(404, "no such feed")
    return {"ok": True}
