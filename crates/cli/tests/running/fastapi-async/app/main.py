import redis.asyncio as redis
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.config import settings

app = FastAPI()
engine = create_async_engine(settings.database_url)
cache = redis.from_url(settings.redis_url, decode_responses=True)


@app.get("/rooms")
async def rooms():
    visits = await cache.incr("visits")
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT name FROM rooms ORDER BY name"))
        return {"rooms": [row.name for row in rows], "visits": visits}
