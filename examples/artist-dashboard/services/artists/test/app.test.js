import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';

import { createApp } from '../src/app.js';

let server;
let base;
let queries;
let answer;

const db = {
  async query(sql, params) {
    queries.push({ sql, params });
    return answer(sql, params);
  },
};

before(async () => {
  server = createApp({ db }).listen(0);
  await once(server, 'listening');
  base = `http://localhost:${server.address().port}`;
});

after(() => server.close());

beforeEach(() => {
  queries = [];
  answer = () => ({ rows: [], rowCount: 0 });
});

test('healthz does not need the database', async () => {
  answer = () => {
    throw new Error('down');
  };
  assert.equal((await fetch(`${base}/healthz`)).status, 200);
  assert.equal(queries.length, 0);
});

test('readyz follows the database', async () => {
  assert.equal((await fetch(`${base}/readyz`)).status, 200);
  answer = () => {
    throw new Error('down');
  };
  assert.equal((await fetch(`${base}/readyz`)).status, 503);
});

test('the artist list passes search and paging to the query', async () => {
  answer = (sql) =>
    sql.includes('count(*)::int AS total')
      ? { rows: [{ total: 41 }] }
      : { rows: [{ id: 1, name: 'Ada Abara' }] };
  const response = await fetch(`${base}/artists?search=ada&page=2&pageSize=10`);
  assert.deepEqual(await response.json(), {
    items: [{ id: 1, name: 'Ada Abara' }],
    total: 41,
    page: 2,
    pageSize: 10,
  });
  assert.deepEqual(queries[0].params, ['%ada%', 10, 10]);
});

test('an unknown artist is a 404', async () => {
  assert.equal((await fetch(`${base}/artists/5`)).status, 404);
});

test('a project for an unknown artist is a 400', async () => {
  answer = () => {
    throw Object.assign(new Error('violates foreign key'), { code: '23503' });
  };
  const response = await fetch(`${base}/projects`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ artistId: 9, title: 'Mural' }),
  });
  assert.equal(response.status, 400);
  assert.deepEqual(await response.json(), { error: 'artist does not exist' });
});
