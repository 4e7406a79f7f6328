import assert from 'node:assert/strict';
import { test } from 'node:test';

import { likePattern, parseArtist, parseId, parsePaging, parseProject } from '../src/validate.js';

test('paging has defaults and limits', () => {
  assert.deepEqual(parsePaging({}), { page: 1, pageSize: 20, offset: 0 });
  assert.deepEqual(parsePaging({ page: '3', pageSize: '10' }), {
    page: 3,
    pageSize: 10,
    offset: 20,
  });
  assert.deepEqual(parsePaging({ page: '-4', pageSize: '5000' }), {
    page: 1,
    pageSize: 100,
    offset: 0,
  });
});

test('search text is matched literally', () => {
  assert.equal(likePattern(' ada '), '%ada%');
  assert.equal(likePattern('50%_a'), '%50\\%\\_a%');
  assert.equal(likePattern(undefined), '%%');
});

test('ids must be positive whole numbers', () => {
  assert.equal(parseId('12'), 12);
  for (const bad of ['0', '-1', '1.5', 'abc', '99999999999']) {
    assert.throws(() => parseId(bad), { status: 400 });
  }
});

test('an artist needs name, discipline and city', () => {
  assert.deepEqual(parseArtist({ name: ' Ada ', discipline: 'Video', city: 'Oslo' }), {
    name: 'Ada',
    discipline: 'Video',
    city: 'Oslo',
    bio: '',
  });
  assert.throws(() => parseArtist({ name: 'Ada' }), /discipline is required/);
});

test('a project gets defaults', () => {
  assert.deepEqual(parseProject({ artistId: 4, title: 'Mural' }), {
    artistId: 4,
    title: 'Mural',
    status: 'planned',
    budgetCents: 0,
    startsOn: null,
  });
});

test('bad project fields are refused', () => {
  const good = { artistId: 4, title: 'Mural' };
  assert.throws(() => parseProject({ ...good, title: ' ' }), /title is required/);
  assert.throws(() => parseProject({ ...good, status: 'lost' }), /status must be one of/);
  assert.throws(() => parseProject({ ...good, budgetCents: 1.5 }), /budgetCents/);
  assert.throws(() => parseProject({ ...good, startsOn: 'soon' }), /startsOn/);
});
