import express from 'express';

import { verifyPassword } from './password.js';
import { proxyTo } from './proxy.js';
import { loginRateLimit } from './rateLimit.js';
import { createSession, readCookie, readSession, SESSION_COOKIE } from './session.js';

export function createApp({ config, db, redis }) {
  const app = express();
  app.disable('x-powered-by');

  app.use((req, res, next) => {
    res.on('finish', () => console.log(`${req.method} ${req.originalUrl} ${res.statusCode}`));
    next();
  });

  app.get('/healthz', (req, res) => {
    res.json({ status: 'ok' });
  });

  const limit = loginRateLimit(redis, {
    limit: config.loginLimit,
    windowSeconds: config.loginWindowSeconds,
  });

  app.post('/api/login', limit, express.json(), async (req, res) => {
    const { email, password } = req.body ?? {};
    if (typeof email !== 'string' || typeof password !== 'string') {
      return res.status(400).json({ error: 'Email and password are required' });
    }
    const { rows } = await db.query(
      'SELECT id, email, name, password_hash FROM users WHERE email = $1',
      [email.trim().toLowerCase()],
    );
    const user = rows[0];
    if (!user || !(await verifyPassword(password, user.password_hash))) {
      return res.status(401).json({ error: 'Wrong email or password' });
    }
    res.cookie(SESSION_COOKIE, createSession(user, config.sessionSecret, config.sessionHours), {
      httpOnly: true,
      sameSite: 'lax',
      maxAge: config.sessionHours * 3_600_000,
    });
    res.json({ id: user.id, email: user.email, name: user.name });
  });

  app.post('/api/logout', (req, res) => {
    res.clearCookie(SESSION_COOKIE);
    res.status(204).end();
  });

  app.use('/api', (req, res, next) => {
    req.user = readSession(readCookie(req.headers.cookie, SESSION_COOKIE), config.sessionSecret);
    if (!req.user) return res.status(401).json({ error: 'Not signed in' });
    next();
  });

  app.get('/api/me', (req, res) => {
    const { id, email, name } = req.user;
    res.json({ id, email, name });
  });

  app.use(['/api/artists', '/api/projects'], proxyTo(config.artistsUrl));
  app.use(['/api/portfolio', '/api/recommendations'], proxyTo(config.portfolioUrl));

  app.use((req, res) => {
    res.status(404).json({ error: 'Not found' });
  });

  app.use((error, req, res, next) => {
    console.log(error);
    if (res.headersSent) return next(error);
    res.status(error.status ?? 500).json({ error: 'Something went wrong' });
  });

  return app;
}
