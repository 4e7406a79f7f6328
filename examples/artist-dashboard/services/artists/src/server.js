import pg from 'pg';

import { createApp } from './app.js';

const port = Number(process.env.PORT ?? 4001);
const db = new pg.Pool({
  connectionString:
    process.env.DATABASE_URL ?? 'postgres://dashboard:dashboard@localhost:5432/dashboard',
});

const server = createApp({ db }).listen(port, () => {
  console.log(`artists listening on http://localhost:${port}`);
});

process.on('SIGTERM', () => {
  server.close(() => db.end());
});
