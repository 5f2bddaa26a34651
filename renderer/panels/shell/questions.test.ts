/** @file Questions and answers of a panel: kept apart by run and part, failures beside them, asked again after a loss. */
import { expect, it, vi } from 'vitest';
import type { EngineClient } from '../../engine/client';
import { Questions } from './questions.svelte';

const paths = (step: number) => ({ step, count: 4, noiseSeed: 7 });

function asked(query: (run: string, name: string, args: unknown) => Promise<unknown>) {
  const spy = vi.fn(query);
  return { spy, questions: new Questions<'flows'>({ api: { query: spy } } as unknown as EngineClient) };
}

it('keeps answers of several runs and parts apart', async () => {
  const { questions, spy } = asked(async (run, name, args) => ({ run, name, args }));
  questions.ask('a', 'speed', paths(1));
  questions.ask('b', 'speed', paths(1));
  questions.ask('a', 'speed', paths(2), 'late');
  await vi.waitFor(() => expect(questions.answer('a', 'speed', 'late')).toMatchObject({ args: paths(2) }));
  expect(questions.answer('b', 'speed')).toMatchObject({ run: 'b', args: paths(1) });
  expect(questions.answer('c', 'speed')).toBeNull();
  questions.ask('a', 'speed', paths(1));
  expect(spy).toHaveBeenCalledTimes(3);
  questions.forget();
  questions.ask('a', 'speed', paths(1));
  expect(spy).toHaveBeenCalledTimes(4);
});

it('tells why there is no answer until there is one', async () => {
  const { questions } = asked(async (_run, _name, args) => {
    if ((args as { step: number }).step === 1)
      throw Object.assign(new Error('no'), { detail: { code: 'no-snapshot', what: 'none yet' } });
    return 'fine';
  });
  questions.ask('a', 'speed', paths(1));
  expect(questions.waiting('a', 'speed')).toBe(true);
  await vi.waitFor(() => expect(questions.failure('a', 'speed')?.code).toBe('no-snapshot'));
  questions.ask('a', 'speed', paths(2));
  await vi.waitFor(() => expect(questions.answer('a', 'speed')).toBe('fine'));
  expect(questions.failure('a', 'speed')).toBeNull();
  expect(questions.waiting('a', 'speed')).toBe(false);
});

it('asks the same again of a new version of what is asked about', async () => {
  const { questions, spy } = asked(async () => 'fine');
  for (const version of ['1', '1', '2']) {
    questions.ask('a', 'display', { count: 9 }, '', version);
    await vi.waitFor(() => expect(questions.waiting('a', 'display')).toBe(false));
  }
  expect(spy).toHaveBeenCalledTimes(2);
  expect(spy).toHaveBeenLastCalledWith('a', 'display', { count: 9 });
});

it('goes through a series one by one, and stays where one fails', async () => {
  const { questions, spy } = asked(async (_run, _name, args) => {
    if ((args as { step: number }).step === 3) throw new Error('no');
    return args;
  });
  const parts = ['1', '2', '3', '4'];
  await vi.waitFor(() => {
    questions.askNext(
      'a',
      'speed',
      parts.map((part) => [part, paths(Number(part))] as const),
    );
    expect(questions.failure('a', 'speed', parts)).not.toBeNull();
  });
  expect(questions.answers('a', 'speed', parts)).toEqual([paths(1), paths(2)]);
  expect(spy).toHaveBeenCalledTimes(3);
});
