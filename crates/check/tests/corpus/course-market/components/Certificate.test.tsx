import { expect, test } from 'vitest';
import { render } from '@testing-library/react';
import { Certificate } from './Certificate';

test('renders', () => {
  const { container } = render(<Certificate />);
  expect(container).toMatchSnapshot();
});
