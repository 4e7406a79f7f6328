import { Redis } from 'ioredis';
import pg from 'pg';

import { createApp } from './app.js';
import { config } from './config.js';

const db = new pg.Pool({ connectionString: config.databaseUrl });
const redis = new Redis(config.redisUrl);
redis.on('error', (error) => console.log(`redis: ${error.message}`));

const server = createApp({ config, db, redis }).listen(config.port, () => {
  console.log(`gateway listening on http://localhost:${config.port}`);
});

process.on('SIGTERM', () => {
  server.close(async () => {
    await db.end();
    redis.disconnect();
  });
});
