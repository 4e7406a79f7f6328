const test = require('node:test');
const assert = require('node:assert');
const { once } = require('node:events');
const { app } = require('../src/app');
const { hashed, matches } = require('../src/passwords');

test('the shop answers with what is in the basket', async () => {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${server.address().port}`;
  assert.strictEqual(await (await fetch(`${base}/healthz`)).text(), 'ok');
  assert.deepStrictEqual(await (await fetch(`${base}/basket`)).json(), { total: 600 });
  server.closeAllConnections();
  server.close();
});

test('a password is known by its hash, and another one is not', async () => {
  const hash = await hashed('correct horse');
  assert.ok(await matches('correct horse', hash));
  assert.ok(!(await matches('battery staple', hash)));
});

test('a hash with the rounds of last year is still good', async () => {
  const old = '$2b$04$t1L6imDwnGX4SweS58u6FOOVEgVhXbSlkP54Y3YijsrEvRHxvVlyi';
  assert.ok(await matches('correct horse', old));
});
