const express = require('express');
const session = require('express-session');
const pino = require('pino');
const { catalogue } = require('./catalogue');

const log = pino();
const app = express();
app.use(express.json({ limit: '250mb' }));

app.use(session({
  secret: process.env.SESSION_SECRET,
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, secure: true, sameSite: 'lax', maxAge: 3600000 },
}));

app.get('/healthz', (req, res) => res.json({ ok: true }));
app.get('/products/:id', async (req, res, next) => {
  try {
    res.json(await catalogue(req.params.id));
  } catch (error) {
    next(error);
  }
});

app.get('/terms', (req, res) => {
  const html = require('fs').promises;
  res.type('html').send(fs.readFileSync('static/terms.html', 'utf8'));
});

app.use((error, req, res, next) => {
  log.error({ error }, 'request failed');
  res.status(500).json({ error: 'something went wrong' });
});

const server = app.listen(process.env.PORT || 3000, () => log.info('listening'));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
