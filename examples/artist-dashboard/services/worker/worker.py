"""Takes recommendation jobs from Redis and writes the results to PostgreSQL."""

import json

import psycopg
import redis

from config import DATABASE_URL, REDIS_URL
from recommend import Artist, recommend

QUEUE = "jobs:recommendations"


def parse_job(raw: str) -> int:
    """Return the artist id of a job, or raise ValueError."""
    job = json.loads(raw)
    if not isinstance(job, dict) or job.get("type") != "recommendations":
        raise ValueError(f"unknown job: {raw}")
    artist_id = job.get("artistId")
    if not isinstance(artist_id, int) or artist_id < 1:
        raise ValueError(f"bad artist id: {raw}")
    return artist_id


def load_candidates(conn, artist_id: int) -> list[Artist]:
    rows = conn.execute(
        """
        SELECT a.id, a.name, a.discipline, a.city,
               count(p.id) FILTER (WHERE p.status = 'active') AS active_projects
          FROM artists a
          JOIN artists me ON me.id = %s
          LEFT JOIN projects p ON p.artist_id = a.id
         WHERE a.city = me.city OR a.discipline = me.discipline
         GROUP BY a.id
        """,
        (artist_id,),
    ).fetchall()
    return [Artist(*row) for row in rows]


def run_job(conn, cache, artist_id: int) -> int:
    candidates = load_candidates(conn, artist_id)
    artist = next((item for item in candidates if item.id == artist_id), None)
    if artist is None:
        print(f"artist {artist_id} does not exist, job dropped", flush=True)
        return 0

    results = recommend(artist, candidates)
    with conn.transaction():
        conn.execute("DELETE FROM recommendations WHERE artist_id = %s", (artist_id,))
        conn.cursor().executemany(
            "INSERT INTO recommendations (artist_id, recommended_artist_id, score, reason) "
            "VALUES (%s, %s, %s, %s)",
            [(artist_id, item.artist_id, item.score, item.reason) for item in results],
        )
    cache.delete(f"recommendations:{artist_id}", f"recommendations:queued:{artist_id}")
    return len(results)


def main():
    cache = redis.Redis.from_url(REDIS_URL, decode_responses=True, socket_timeout=30)
    conn = psycopg.connect(DATABASE_URL, autocommit=True)
    print(f"worker waiting for jobs on {QUEUE}", flush=True)
    while True:
        item = cache.brpop([QUEUE], timeout=5)
        if item is None:
            continue
        try:
            artist_id = parse_job(item[1])
        except ValueError as error:
            print(f"skipped: {error}", flush=True)
            continue
        count = run_job(conn, cache, artist_id)
        print(f"wrote {count} recommendations for artist {artist_id}", flush=True)


if __name__ == "__main__":
    main()
