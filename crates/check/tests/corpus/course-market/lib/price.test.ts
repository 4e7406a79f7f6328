import { describe, expect, it } from 'vitest';
import { price } from './price';

describe('price', () => {
  it.only('adds tax', () => {
    expect(price(10)).toBe(11.9);
  });

  it('is never negative', () => {
    price(-1);
  });

  it.skip('rounds', () => {
    expect(price(0.1)).toBe(0.12);
  });

  it('loads', () => {
    expect(true).toBe(true);
  });
});
