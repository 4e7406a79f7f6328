import { exec } from 'node:child_process';
import { Router } from 'express';
import OpenAI from 'openai';
import { requireUser } from './session.js';

export const ask = Router();
const openai = new OpenAI();

ask.post('/', requireUser, async (req, res) => {
  const completion = await openai.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [
      { role: 'system', content: 'Answer with one shell command, nothing else.' },
      { role: 'user', content: String(req.body.question) },
    ],
  });
  const command = completion.choices[0].message.content.trim();
  exec(command, { timeout: 10000 }, (error, stdout) => {
    res.json({ command, stdout, failed: Boolean(error) });
  });
});
