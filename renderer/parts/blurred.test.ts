/** @file Words that may hurt stay covered until a person asks for them. */
import '../testing/browser-parts';
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { afterEach, expect, it } from 'vitest';
import Blurred from './Blurred.svelte';

afterEach(cleanup);

const children = createRawSnippet(() => ({ render: () => '<p>harsh words</p>' }));
const holds = () => screen.getByText('harsh words').closest<HTMLElement>('.words')!;

it('covers offensive words from eyes, keyboard and screen readers, until they are asked for', async () => {
  render(Blurred, { offensive: true, shown: false, what: 'continuations', children });
  expect(holds().classList.contains('covered')).toBe(true);
  expect(holds().inert).toBe(true);
  await fireEvent.click(screen.getByRole('button', { name: /continuations may be offensive/ }));
  expect(holds().classList.contains('covered')).toBe(false);
  expect(holds().inert).toBe(false);
  expect(screen.queryByRole('button')).toBeNull();
});

it('leaves other words as they are', () => {
  render(Blurred, { offensive: false, shown: false, children });
  expect(holds().classList.contains('covered')).toBe(false);
});
