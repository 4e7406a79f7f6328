import { Router } from 'express';
import { Account } from './models.js';
import { requireUser } from './session.js';

export const people = Router();

people.post('/sign-in', async (req, res) => {
  const { email, pin } = req.body;
  const account = await Account.findOne({ email, pin });
  if (!account) return res.status(401).json({ error: 'Wrong e-mail or PIN' });
  req.session.user = { id: account.id };
  res.json({ ok: true });
});

people.get('/search', requireUser, async (req, res) => {
  const wanted = new RegExp(req.query.q, 'i');
  res.json(await Account.find({ name: wanted }).limit(20));
});

people.put('/me', requireUser, async (req, res) => {
  const account = await Account.findByIdAndUpdate(req.session.user.id, req.body, { new: true });
  res.json(account);
});
