import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { createApp } from '../src/app.js';
import { hashPassword } from '../src/password.js';

const users = [];
const counters = new Map();
const servers = [];
let gateway;

const db = {
  async query(sql, [email]) {
    return { rows: users.filter((user) => user.email === email) };
  },
};

const redis = {
  async incr(key) {
    counters.set(key, (counters.get(key) ?? 0) + 1);
    return counters.get(key);
  },
  async expire() {},
  async ttl() {
    return 60;
  },
};

async function listen(handler) {
  const server = http.createServer(handler).listen(0);
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://localhost:${server.address().port}`;
}

function login(password) {
  return fetch(`${gateway}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'demo@example.com', password }),
  });
}

before(async () => {
  users.push({
    id: 1,
    email: 'demo@example.com',
    name: 'Demo Manager',
    password_hash: await hashPassword('demo'),
  });
  const echo = await listen(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    res.setHeader('content-type', 'application/json');
    res.end(
      JSON.stringify({ method: req.method, url: req.url, user: req.headers['x-user-id'], body }),
    );
  });
  const config = {
    artistsUrl: echo,
    portfolioUrl: 'http://localhost:1',
    sessionSecret: 'test',
    sessionHours: 1,
    loginLimit: 5,
    loginWindowSeconds: 60,
  };
  gateway = await listen(createApp({ config, db, redis }));
});

after(() => servers.forEach((server) => server.close()));

test('the health route answers without a session', async () => {
  const response = await fetch(`${gateway}/healthz`);
  assert.equal(response.status, 200);
});

test('the API refuses requests without a session', async () => {
  const response = await fetch(`${gateway}/api/artists`);
  assert.equal(response.status, 401);
});

test('a signed-in user reaches the artists service', async () => {
  counters.clear();
  const signedIn = await login('demo');
  assert.equal(signedIn.status, 200);
  const cookie = signedIn.headers.get('set-cookie').split(';')[0];

  const listed = await fetch(`${gateway}/api/artists?search=ada`, { headers: { cookie } });
  assert.deepEqual(await listed.json(), {
    method: 'GET',
    url: '/artists?search=ada',
    user: '1',
    body: '',
  });

  const created = await fetch(`${gateway}/api/projects`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: '{"title":"Mural"}',
  });
  assert.equal((await created.json()).body, '{"title":"Mural"}');

  const broken = await fetch(`${gateway}/api/portfolio/1`, { headers: { cookie } });
  assert.equal(broken.status, 502);
});

test('sign-in is limited', async () => {
  counters.clear();
  for (let attempt = 0; attempt < 5; attempt += 1) {
    assert.equal((await login('wrong')).status, 401);
  }
  const refused = await login('demo');
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('retry-after'), '60');
});
