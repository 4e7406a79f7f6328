import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';

import { createApp } from '../src/app.js';

const store = new Map();
const queue = [];
let rows = [];
let queryCount = 0;
let server;
let base;

const redis = {
  async get(key) {
    return store.get(key) ?? null;
  },
  async set(key, value, ...options) {
    if (options.includes('NX') && store.has(key)) return null;
    store.set(key, value);
    return 'OK';
  },
  async lpush(name, value) {
    queue.push([name, JSON.parse(value)]);
  },
};

const db = {
  async query() {
    queryCount += 1;
    return { rows };
  },
};

const fetchArtist = async (id) => (id === 1 ? { id: 1, name: 'Ada Abara' } : null);

const getJson = async (path) => (await fetch(base + path)).json();

before(async () => {
  server = createApp({ db, redis, fetchArtist }).listen(0);
  await once(server, 'listening');
  base = `http://localhost:${server.address().port}`;
});

after(() => server.close());

beforeEach(() => {
  store.clear();
  queue.length = 0;
  rows = [];
  queryCount = 0;
});

test('health answers', async () => {
  assert.equal((await fetch(`${base}/health`)).status, 200);
});

test('a portfolio contains the artist and a summary', async () => {
  rows = [{ id: 1, title: 'Salt Atlas', medium: 'Ink', year: 2020, hue: 10 }];
  const body = await getJson('/portfolio/1');
  assert.equal(body.artist.name, 'Ada Abara');
  assert.equal(body.summary.count, 1);
  assert.equal((await fetch(`${base}/portfolio/2`)).status, 404);
  assert.equal((await fetch(`${base}/portfolio/x`)).status, 400);
});

test('missing recommendations are queued once', async () => {
  assert.equal((await getJson('/recommendations/1')).status, 'pending');
  assert.equal((await getJson('/recommendations/1')).status, 'pending');
  assert.deepEqual(queue, [['jobs:recommendations', { type: 'recommendations', artistId: 1 }]]);
});

test('stored recommendations are cached', async () => {
  rows = [{ artistId: 2, name: 'Bela Ito', score: 5, reason: 'Same city' }];
  assert.equal((await getJson('/recommendations/1')).cached, false);
  const second = await getJson('/recommendations/1');
  assert.equal(second.cached, true);
  assert.equal(second.items[0].name, 'Bela Ito');
  assert.equal(queryCount, 1);
});
