import { Redis } from 'ioredis';
import pg from 'pg';

import { createApp } from './app.js';
import { fetchArtist } from './artistsClient.js';

const port = Number(process.env.PORT ?? 4002);

const db = new pg.Pool({
  connectionString:
    process.env.DATABASE_URL ?? 'postgres://dashboard:dashboard@localhost:5432/dashboard',
});
const redis = new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379');
redis.on('error', (error) => console.log(`redis: ${error.message}`));

const app = createApp({
  db,
  redis,
  fetchArtist,
  ttlSeconds: Number(process.env.RECOMMENDATIONS_TTL_SECONDS ?? 300),
});

app.listen(port, () => {
  console.log(`portfolio listening on http://localhost:${port}`);
});
