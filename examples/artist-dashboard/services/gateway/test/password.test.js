import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hashPassword, verifyPassword } from '../src/password.js';

test('a hashed password verifies', async () => {
  const stored = await hashPassword('correct horse');
  assert.match(stored, /^scrypt\$[0-9a-f]{32}\$[0-9a-f]{128}$/);
  assert.equal(await verifyPassword('correct horse', stored), true);
  assert.equal(await verifyPassword('wrong horse', stored), false);
});

test('two hashes of one password differ', async () => {
  assert.notEqual(await hashPassword('demo'), await hashPassword('demo'));
});

test('a hash in an unknown format never verifies', async () => {
  assert.equal(await verifyPassword('demo', 'demo'), false);
  assert.equal(await verifyPassword('demo', 'bcrypt$00$00'), false);
});
