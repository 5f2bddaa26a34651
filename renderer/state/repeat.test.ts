/** @file What “Repeat with n × 2” starts, and when it cannot. */
import { expect, it } from 'vitest';
import { method, runRecord } from '../testing/memory-engine';
import { doubledRun } from './repeat';

const inputs = [
  {
    kind: 'dataset' as const,
    input: 'data',
    name: 'a.csv',
    path: '',
    sha256: '0123456789abcdef0123',
    rows: 9,
    roles: {},
  },
];
const pool = { ...method.fields[0]!, key: 'poolSize', maximum: 1000 };
const pools = { ...method, fields: [pool] };
const run = (config: Record<string, string | number>) => runRecord('3', { seed: 5, inputs, config });

it('is the same run with twice the pool and enough pairs', () => {
  expect(doubledRun(run({ coupling: 'sinkhorn', poolSize: 400, pairs: 500, steps: 7 }), pools)).toEqual({
    method: 'flows',
    data: { data: '0123456789abcdef' },
    config: { coupling: 'sinkhorn', poolSize: 800, pairs: 800, steps: 7 },
    seed: 5,
    name: 'run 3 · n = 800',
  });
});

it('is nothing without a pool, or beyond the largest', () => {
  expect(doubledRun(null, pools)).toBeNull();
  expect(doubledRun(run({ coupling: 'independent', poolSize: 400 }), pools)).toBeNull();
  expect(doubledRun(run({ coupling: 'sinkhorn', poolSize: 600 }), pools)).toBeNull();
  expect(doubledRun(run({ coupling: 'assignment', poolSize: 4096 }), method)).toBeNull();
  expect(doubledRun(run({ coupling: 'sinkhorn', poolSize: 4096 }), method)).not.toBeNull();
});
