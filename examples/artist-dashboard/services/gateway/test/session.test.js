import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createSession, readCookie, readSession } from '../src/session.js';

const user = { id: 7, email: 'demo@example.com', name: 'Demo Manager' };

test('a session is read back with the same secret', () => {
  const token = createSession(user, 'secret', 1);
  assert.equal(readSession(token, 'secret').id, 7);
});

test('a session signed with another secret is refused', () => {
  assert.equal(readSession(createSession(user, 'other', 1), 'secret'), null);
});

test('a changed payload is refused', () => {
  const [payload, signature] = createSession(user, 'secret', 1).split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...claims, id: 1 })).toString('base64url');
  assert.equal(readSession(`${forged}.${signature}`, 'secret'), null);
});

test('an expired session is refused', () => {
  const token = createSession(user, 'secret', 1, Date.now() - 2 * 3_600_000);
  assert.equal(readSession(token, 'secret'), null);
});

test('cookies are found by name', () => {
  assert.equal(readCookie('theme=dark; session=a.b', 'session'), 'a.b');
  assert.equal(readCookie(undefined, 'session'), undefined);
});
