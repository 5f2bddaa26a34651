/** @file What a slow view is told: the latest state of runs and experiments, not every state in between. */
import { describe, expect, it } from 'vitest';
import { idle } from '../claims/batch';
import { Outbox } from './outbox';
import { runRecord } from './testing';

/** An outbox whose view acknowledges an event when told to. */
function slowView() {
  const sent: unknown[][] = [];
  const waiting: (() => void)[] = [];
  const outbox = new Outbox((event, ...args) => {
    sent.push([event, ...args]);
    return new Promise<void>((resolve) => waiting.push(resolve));
  });
  const acknowledge = async () => {
    waiting.shift()?.();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { outbox, sent, acknowledge };
}

describe('Outbox', () => {
  it('keeps only the last progress of a method’s experiments while the view is slow', async () => {
    const { outbox, sent, acknowledge } = slowView();
    const progress = (done: number) => ({ ...idle('flows'), state: 'running' as const, trainings: 9, done });
    outbox.claimsChanged(progress(1));
    await acknowledge();
    for (const done of [2, 3, 4]) outbox.claimsChanged(progress(done));
    outbox.claimsChanged({ ...idle('other') });
    outbox.runChanged(runRecord({ id: 'r1' }));
    for (let event = 0; event < 5; event++) await acknowledge();
    expect(sent.map(([event, about]) => [event, (about as { done?: number }).done])).toEqual([
      ['claimsChanged', 1],
      ['runChanged', undefined],
      ['claimsChanged', 4],
      ['claimsChanged', 0],
    ]);
  });

  it('gathers what language jobs tell while the view is slow, in order and by job', async () => {
    const { outbox, sent, acknowledge } = slowView();
    const token = (id: number) => ({ id, text: `${id}`, logProbability: -1, alternatives: [] });
    const update = (id: number) => ({ kind: 'generate' as const, tokens: [token(id)] });
    outbox.languageUpdates('a', [update(1)]);
    await acknowledge();
    outbox.languageUpdates('a', [update(2)]);
    outbox.languageUpdates('b', [update(9)]);
    outbox.languageUpdates('a', [update(3)]);
    for (let event = 0; event < 3; event++) await acknowledge();
    expect(sent).toEqual([
      ['languageUpdates', 'a', [update(1)]],
      ['languageUpdates', 'a', [update(2), update(3)]],
      ['languageUpdates', 'b', [update(9)]],
    ]);
  });
});
