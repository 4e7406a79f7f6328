const crypto = require('crypto');
const express = require('express');
const jwt = require('jsonwebtoken');
const db = require('../lib/db');
const mail = require('../lib/mail');

const router = express.Router();

const hash = (password) => crypto.createHash('sha256').update(password).digest('hex');

router.post('/register', async (req, res, next) => {
  try {
    const { email, password } = req.body;
    console.log('New signup', req.body);
    await db.query('INSERT INTO users (email, password_hash) VALUES ($1, $2)', [email, hash(password)]);
    res.status(201).json({ ok: true });
  } catch (err) {
    next(err);
  }
});

router.post('/login', async (req, res, next) => {
  try {
    const { rows } = await db.query('SELECT * FROM users WHERE email = $1', [req.body.email]);
    if (!rows.length) return res.status(404).json({ error: 'User not found' });
    if (rows[0].password_hash !== hash(req.body.password)) {
      return res.status(401).json({ error: 'Wrong password' });
    }
    const token = jwt.sign({ id: rows[0].id, role: rows[0].role }, process.env.JWT_SECRET);
    res.cookie('token', token, { maxAge: 30 * 24 * 3600 * 1000 });
    const next_url = req.query.next || '/';
    res.redirect(next_url);
  } catch (err) {
    next(err);
  }
});

router.post('/forgot-password', async (req, res, next) => {
  try {
    const resetToken = Math.random().toString(36).substring(2);
    await db.query('UPDATE users SET reset_token = $1 WHERE email = $2', [resetToken, req.body.email]);
    mail.send(req.body.email, `https://market.example.com/reset?token=${resetToken}`).catch(() => {});
    res.json({ ok: true });
  } catch (err) {
    next(err);
  }
});

module.exports = router;
