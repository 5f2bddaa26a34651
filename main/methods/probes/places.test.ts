/** @file Matrices fill row by row: what a run that is stopped inside a place has of it, and that going on ends as without a stop. */
import { expect, it } from 'vitest';
import type { Arrays, RunContext } from '../../contract/define';
import type { ProbeMatrix } from '../../contract/probes';
import { drawsOf } from '../../probes/matrix';
import { planted } from '../../probes/testing/planted';
import { config as schema } from './config';
import { fitPlaces, type PlacesDone } from './places';
import { answers } from './queries';
import { unpacked } from '../../disk/packed-json';
import { names } from './stored';

const { tasks } = planted({ tasks: 3, width: 24 });
const settings = schema.parse({
  families: ['mass-mean'],
  positions: ['last'],
  bootstrap: 20,
  permutations: 20,
});
const hooks = [0, 1].map((block) => ({ id: `resid_post:${block}`, width: 24, block }));
const place = { family: 'mass-mean', block: 0, position: 'last' } as const;

/** Runs until so many rows were kept; what is kept and done is handed on, as a checkpoint does. */
async function run(rows: number, kept = new Map<string, Arrays>(), done: PlacesDone = nothing()) {
  let left = rows;
  const context = {
    stopRequested: () => left <= 0,
    progress: () => undefined,
    metric: () => undefined,
    keep: async (name: string, arrays: Arrays) => {
      kept.set(name, arrays);
      if (name === names.unfinished) left -= 1;
    },
  } as unknown as RunContext;
  const whole = await fitPlaces({
    ...{ context, hooks, done, config: { ...settings, family: 'mass-mean' }, families: ['mass-mean'] },
    positions: ['last'],
    shared: {
      draws: drawsOf(tasks, { bootstrap: 20, permutations: 20, seed: 0 }),
      ...{ controls: [], controlScores: [], scores: 'raw', seed: 0 },
    },
    checkpoint: async () => undefined,
    tasksAt: async () => tasks,
  });
  return { whole, kept, done };
}

function nothing(): PlacesDone {
  return { places: [], sweep: { test: [], validation: [] } };
}

const asked = (kept: Map<string, Arrays>): Promise<ProbeMatrix> =>
  answers.matrix.run({ config: settings, kept: async (name: string) => kept.get(name) ?? null } as never, {
    ...place,
    whole: false,
  });

it('a run stopped after two rows answers them, without intervals', async () => {
  const { whole, kept, done } = await run(2);
  expect(whole).toBe(false);
  expect(done.places).toEqual([]);
  const matrix = await asked(kept);
  expect(matrix.whole).toBe(false);
  expect([...matrix.rows]).toEqual([1, 1, 0]);
  expect([...matrix.auc.values].map(Number.isNaN)).toEqual([
    ...Array<boolean>(6).fill(false),
    true,
    true,
    true,
  ]);
  expect([...matrix.auc.low].every(Number.isNaN)).toBe(true);
  expect(matrix.cosine!.plain[1]).not.toBeNaN();
  expect(matrix.cosine!.plain[2]).toBeNaN();
  expect(matrix.claims).toEqual([]);
});

it('goes on from there to what a run without a stop has', async () => {
  const stopped = await run(4);
  // The first place is whole, the second was begun.
  expect(stopped.done.places).toEqual([names.place('mass-mean', 0, 'last')]);
  const first = await asked(stopped.kept);
  expect(first.whole).toBe(true);
  const [resumed, straight] = [await run(Infinity, stopped.kept, stopped.done), await run(Infinity)];
  expect([resumed.whole, straight.whole]).toEqual([true, true]);
  expect(resumed.done).toEqual(straight.done);
  for (const name of straight.done.places)
    expect(unpacked(resumed.kept.get(name)!)).toEqual(unpacked(straight.kept.get(name)!));
});
