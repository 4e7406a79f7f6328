import express from 'express';

import { createRecommendations } from './recommendations.js';
import { summarize } from './summary.js';

function parseId(req, res, next) {
  const id = Number(req.params.artistId);
  if (!Number.isInteger(id) || id < 1 || id > 2147483647) {
    return res.status(400).json({ error: 'artistId must be a positive number' });
  }
  req.artistId = id;
  next();
}

export function createApp({ db, redis, fetchArtist, ttlSeconds = 300 }) {
  const app = express();
  app.disable('x-powered-by');
  const recommendations = createRecommendations({ db, redis, ttlSeconds });

  app.get('/health', (req, res) => {
    res.send('OK');
  });

  app.get('/portfolio/:artistId', parseId, async (req, res) => {
    const artist = await fetchArtist(req.artistId);
    if (!artist) return res.status(404).json({ error: 'Artist not found' });
    const { rows } = await db.query(
      `SELECT id, title, medium, year, hue FROM portfolio_items
        WHERE artist_id = $1 ORDER BY year DESC, id`,
      [req.artistId],
    );
    res.json({ artist, summary: summarize(rows), items: rows });
  });

  app.get('/recommendations', async (req, res) => {
    const limit = Math.min(100, Math.max(1, Number(req.query.limit) || 24));
    res.json(await recommendations.latest(Math.trunc(limit)));
  });

  app.get('/recommendations/:artistId', parseId, async (req, res) => {
    res.json(await recommendations.forArtist(req.artistId));
  });

  app.post('/recommendations/:artistId/refresh', parseId, async (req, res) => {
    const queued = await recommendations.enqueue(req.artistId);
    res.status(202).json({ queued });
  });

  app.use((req, res) => {
    res.status(404).json({ error: 'Not found' });
  });

  app.use((error, req, res, next) => {
    console.log(error);
    res.status(500).json({ error: 'Something went wrong' });
  });

  return app;
}
