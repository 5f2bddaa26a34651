/** @file Questions and answers of a panel: kept apart by run and slot, failures beside them, asked again after a loss. */
import { expect, it, vi } from 'vitest';
import type { EngineClient } from '../engine/client';
import { Questions } from './questions.svelte';

function asked(query: (run: string, name: string, args: unknown) => Promise<unknown>) {
  const spy = vi.fn(query);
  return { spy, questions: new Questions({ api: { query: spy } } as unknown as EngineClient) };
}

it('keeps answers of several runs and slots apart', async () => {
  const { questions, spy } = asked(async (run, name, args) => ({ run, name, args }));
  questions.ask('a', 'speed', { step: 1 });
  questions.ask('b', 'speed', { step: 1 });
  questions.ask('a', 'speed', { step: 2 }, 'late');
  await vi.waitFor(() => expect(questions.answer('a', 'speed', 'late')).toMatchObject({ args: { step: 2 } }));
  expect(questions.answer('b', 'speed')).toMatchObject({ run: 'b', args: { step: 1 } });
  expect(questions.answer('c', 'speed')).toBeNull();
  questions.ask('a', 'speed', { step: 1 });
  expect(spy).toHaveBeenCalledTimes(3);
  questions.forget();
  questions.ask('a', 'speed', { step: 1 });
  expect(spy).toHaveBeenCalledTimes(4);
});

it('tells why there is no answer until there is one', async () => {
  const { questions } = asked(async (_run, _name, args) => {
    if ((args as { step: number }).step === 1)
      throw Object.assign(new Error('no'), { detail: { code: 'no-snapshot', what: 'none yet' } });
    return 'fine';
  });
  questions.ask('a', 'speed', { step: 1 });
  expect(questions.waiting('a', 'speed')).toBe(true);
  await vi.waitFor(() => expect(questions.failure('a', 'speed')?.code).toBe('no-snapshot'));
  questions.ask('a', 'speed', { step: 2 });
  await vi.waitFor(() => expect(questions.answer('a', 'speed')).toBe('fine'));
  expect(questions.failure('a', 'speed')).toBeNull();
  expect(questions.waiting('a', 'speed')).toBe(false);
});

it('asks the same again of a new version of what is asked about', async () => {
  const { questions, spy } = asked(async () => 'fine');
  for (const version of ['1', '1', '2']) {
    questions.ask('a', 'compare', {}, '', version);
    await vi.waitFor(() => expect(questions.waiting('a', 'compare')).toBe(false));
  }
  expect(spy).toHaveBeenCalledTimes(2);
  expect(spy).toHaveBeenLastCalledWith('a', 'compare', {});
});
