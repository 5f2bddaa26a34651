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
});
