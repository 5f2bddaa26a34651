/** @file The first seconds of a page: a quiet word, then what to do, then the workbench. */
import { installBrowserParts } from '../testing/browser-parts';
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { EngineClient } from '../engine/client';
import { MemoryEngine } from '../testing/memory-engine';
import App from './App.svelte';

beforeEach(() => {
  localStorage.clear();
  installBrowserParts();
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function open() {
  let greet: (engine: EngineClient) => void = () => {};
  const retryNow = vi.fn();
  const ready = new Promise<EngineClient>((resolve) => (greet = resolve));
  const connection = { ready, retryNow, onReconnect: () => () => {} };
  render(App, { props: { connection } });
  return { greet, retryNow };
}

const said = () => screen.getByRole('status').textContent;

test('an engine that answers soon is waited for with one quiet word', async () => {
  const { greet } = open();
  await vi.advanceTimersByTimeAsync(2900);
  expect(said()).toBe('Connecting…');
  expect(screen.queryByText('monge serve')).toBeNull();
  expect(screen.queryByRole('button', { name: 'Try now' })).toBeNull();
  greet(new MemoryEngine());
  await vi.advanceTimersByTimeAsync(100);
  expect(screen.getByText('Drop data or a model')).toBeTruthy();
});

test('after three seconds the page says what may have happened and offers to try at once', async () => {
  const { retryNow } = open();
  await vi.advanceTimersByTimeAsync(3100);
  expect(said()).toBe('Waiting for the engine…');
  expect(screen.getByText('monge serve')).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: 'Try now' }));
  expect(retryNow).toHaveBeenCalledOnce();
});
