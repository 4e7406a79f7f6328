const express = require('express');
const _ = require('lodash');
const db = require('../lib/db');
const { requireUser } = require('../lib/session');

const router = express.Router();

// Search listings by title, newest first
router.get('/', async (req, res) => {
  const { q, sort } = req.query;
  const order = sort || 'created_at';
  try {
    const result = await db.query(
      `SELECT id, title, price FROM listings WHERE title ILIKE '%${q}%' ORDER BY ${order} DESC`
    );
    res.json(result.rows);
  } catch (err) {
    res.status(500).json({ error: 'Could not load listings' });
  }
});

router.get('/:id', async (req, res) => {
  const { rows } = await db.query('SELECT * FROM listings WHERE id = $1', [req.params.id]);
  if (!rows.length) return res.status(404).json({ error: 'Not found' });
  res.json(rows[0]);
});

router.post('/', requireUser, async (req, res, next) => {
  try {
    const { title, price } = req.body;
    const { rows } = await db.query(
      'INSERT INTO listings (title, price, owner_id) VALUES ($1, $2, $3) RETURNING *',
      [title, price, req.user.id]
    );
    res.status(201).json(rows[0]);
  } catch (err) {
    next(err);
  }
});

router.delete('/:id', async (req, res, next) => {
  try {
    await db.query('DELETE FROM listings WHERE id = $1', [req.params.id]);
    res.sendStatus(204);
  } catch (err) {
    next(err);
  }
});

const preferences = { theme: 'light', alerts: { email: true } };

router.put('/preferences', requireUser, (req, res) => {
  _.merge(preferences, req.body);
  res.json(preferences);
});

module.exports = router;
