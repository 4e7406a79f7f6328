import express from 'express';

import { artistsRouter } from './artists.js';
import { projectsRouter } from './projects.js';

export function createApp({ db }) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  app.get('/healthz', (req, res) => {
    res.json({ status: 'ok' });
  });

  app.get('/readyz', async (req, res) => {
    try {
      await db.query('SELECT 1');
      res.json({ status: 'ready' });
    } catch (error) {
      console.log(`not ready: ${error.message}`);
      res.status(503).json({ status: 'database unavailable' });
    }
  });

  app.use('/artists', artistsRouter(db));
  app.use('/projects', projectsRouter(db));

  app.use((req, res) => {
    res.status(404).json({ error: 'Not found' });
  });

  app.use((error, req, res, next) => {
    const status = error.status ?? 500;
    if (status >= 500) console.log(error);
    res.status(status).json({ error: status < 500 ? error.message : 'Something went wrong' });
  });

  return app;
}
