import { expect, test, vi } from 'vitest';
import { sign } from './video';

vi.mock('./video', () => ({ sign: vi.fn(() => 'signed') }));

test('signs', () => {
  expect(sign('/a')).toBe('signed');
});
