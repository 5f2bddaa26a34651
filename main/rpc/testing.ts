/** @file An engine in memory for tests of what lies around it: it records its calls and answers with small fixed data. */
import type { Engine } from '../engine';
import { apiTable } from './api';
import { recordOf } from '../disk/record';
import type { DatasetInfo, RunRecord, ViewApi } from '../contract/engine';

export interface FakeEngine extends Engine {
  /** Every call that reached the engine, as `[method, …arguments]`. */
  readonly calls: unknown[][];
  /** Sends an event to all views. */
  emit<K extends keyof ViewApi>(event: K, ...args: Parameters<ViewApi[K]>): void;
  readonly views: ReadonlySet<Partial<ViewApi>>;
  closed: boolean;
}

export function fakeEngine(answers: Partial<Engine> = {}): FakeEngine {
  const calls: unknown[][] = [];
  const views = new Set<Partial<ViewApi>>();
  const methods = Object.keys(apiTable).map((method) => [
    method,
    async (...args: unknown[]): Promise<unknown> => {
      calls.push([method, ...args]);
      const answer = (answers as Record<string, ((...args: unknown[]) => unknown) | undefined>)[method];
      return answer?.(...args);
    },
  ]);
  const engine: Omit<FakeEngine, keyof Engine> & Partial<Engine> = {
    calls,
    views,
    closed: false,
    emit(event, ...args) {
      for (const view of views) (view[event] as ((...args: unknown[]) => void) | undefined)?.(...args);
    },
    subscribe(view) {
      views.add(view);
      return () => views.delete(view);
    },
    placesOf: answers.placesOf ?? (() => []),
    waitForRun: answers.waitForRun ?? (async (id) => runRecord({ id, status: 'done' })),
    resumeInterrupted: answers.resumeInterrupted ?? (async () => []),
    waitForClaims: answers.waitForClaims ?? (async () => null),
    async close() {
      engine.closed = true;
    },
  };
  return Object.assign(engine, Object.fromEntries(methods)) as FakeEngine;
}

export function runRecord(change: Partial<RunRecord> = {}): RunRecord {
  const begun = recordOf({
    ...{ id: '20260101-0000-flows-0001', name: 'a run', method: 'flows', status: 'done' },
    ...{ config: {}, seed: 0, inputs: [], versions: {}, error: null, command: 'monge run flows' },
    device: { asked: 'auto', used: 'cpu', threads: 1 },
    created: '2026-01-01T00:00:00.000Z',
  });
  const progress = { stage: 'train', step: 10, steps: 10, secondsLeft: null, stepsPerSecond: null };
  return { ...begun, seconds: 1, progress, metrics: { loss: 0.5 }, ...change };
}

export function datasetInfo(path: string): DatasetInfo {
  const column = { kind: 'number', role: 'feature', width: 1, missing: 0 } as const;
  return {
    ...{ id: '0123456789abcdef', name: 'pair.csv', path },
    ...{ format: 'csv', compression: 'none', bytes: 8 },
    sha256: '0123456789abcdef'.repeat(4),
    rows: 2,
    columns: [
      { name: 'x', ...column },
      { name: 'y', ...column },
    ],
    warnings: [],
  };
}
