import assert from 'node:assert/strict';
import { test } from 'node:test';

import { summarize } from '../src/summary.js';

test('an empty portfolio has no years', () => {
  assert.deepEqual(summarize([]), { count: 0, from: null, to: null, media: [] });
});

test('years and media are totalled', () => {
  const items = [
    { medium: 'Ink', year: 2019 },
    { medium: 'Gouache', year: 2024 },
    { medium: 'Ink', year: 2021 },
  ];
  assert.deepEqual(summarize(items), {
    count: 3,
    from: 2019,
    to: 2024,
    media: [
      { medium: 'Ink', count: 2 },
      { medium: 'Gouache', count: 1 },
    ],
  });
});
