export const QUEUE = 'jobs:recommendations';

const SELECT = `
  SELECT r.recommended_artist_id AS "artistId", a.name, a.discipline, a.city, r.score, r.reason,
         r.created_at AS "createdAt"
    FROM recommendations r JOIN artists a ON a.id = r.recommended_artist_id`;

export function createRecommendations({ db, redis, ttlSeconds }) {
  async function enqueue(artistId) {
    const isNew = await redis.set(`recommendations:queued:${artistId}`, '1', 'EX', 30, 'NX');
    if (isNew) {
      await redis.lpush(QUEUE, JSON.stringify({ type: 'recommendations', artistId }));
      console.log(`queued recommendations for artist ${artistId}`);
    }
    return Boolean(isNew);
  }

  async function forArtist(artistId) {
    const key = `recommendations:${artistId}`;
    const cached = await redis.get(key);
    if (cached) return { ...JSON.parse(cached), cached: true };

    const { rows } = await db.query(`${SELECT} WHERE r.artist_id = $1 ORDER BY r.score DESC, a.name`, [
      artistId,
    ]);
    if (rows.length === 0) {
      await enqueue(artistId);
      return { status: 'pending', items: [], cached: false };
    }
    const result = { status: 'ready', items: rows };
    await redis.set(key, JSON.stringify(result), 'EX', ttlSeconds);
    return { ...result, cached: false };
  }

  async function latest(limit) {
    const { rows } = await db.query(
      `SELECT r.artist_id AS "forArtistId", f.name AS "forArtistName",
              r.recommended_artist_id AS "artistId", a.name, a.discipline, a.city,
              r.score, r.reason, r.created_at AS "createdAt"
         FROM recommendations r
         JOIN artists a ON a.id = r.recommended_artist_id
         JOIN artists f ON f.id = r.artist_id
        ORDER BY r.created_at DESC, r.score DESC LIMIT $1`,
      [limit],
    );
    return { items: rows };
  }

  return { enqueue, forArtist, latest };
}
