/** @file The method as a whole, on toys: a run, its answers, its exports; stopped and resumed; and what must not be done. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCompute } from '../../compute/session';
import { openDataset } from '../../data';
import {
  asker,
  queryContext,
  recorded,
  storedRun,
  undeclared,
  type Recorded,
  type RecordOptions,
} from '../testing';
import { hitBand } from '../../calibration/band';
import { config, type ConformalConfig } from './config';
import { conformal } from './index';
import { radiusFor, sortScores } from '../../calibration/quantile';
import { prepareSets } from './queries/prepared';
import { otcp } from './scores/otcp';
import { encodeFeatures } from '../../tables/encode';
import { drawToy } from './toys';
import type { ScoreContext } from './types';

const settings = (given: Partial<Record<keyof ConformalConfig, unknown>>): ConformalConfig =>
  config.parse({
    problem: 'heteroscedastic',
    problemRows: 1200,
    splits: '40/20/20/20',
    repeats: 2,
    steps: 100,
    hidden: 16,
    components: 3,
    samples: 20,
    gridSize: 256,
    neighbours: 30,
    scores: 'all',
    ...given,
  });

/** The panel's questions about a run. */
const asking = (run: Recorded, given: ConformalConfig) => asker(conformal, storedRun(run, {}, given));

describe('a run with every score', () => {
  const given = settings({});
  let run: Recorded;
  let ask: ReturnType<typeof asking>;

  beforeAll(async () => {
    run = recorded({ seed: 3 });
    ask = (...question) => asking(run, given)(...question);
    expect(await conformal.run(run.context, {}, given as never)).toBe('done');
  }, 120_000);
  afterAll(() => (run.context.compute as ReturnType<typeof openCompute>).close());

  it('declares every number that it reports', () => {
    expect(undeclared(run, conformal.metrics)).toEqual([]);
  });

  it('covers within the exact band wherever the guarantee is exact', async () => {
    const { scores } = (await ask('overview'))!;
    expect(scores).toHaveLength(19);
    for (const { id, guarantee, facts } of scores) {
      const [low, high] = hitBand(facts.calibrationRows!, given.alpha, 240);
      if (guarantee !== 'exact') continue;
      expect(run.final[`coverage.${id}`], id).toBeGreaterThanOrEqual(low);
      // The union bound of the box and ties of the assignment only cover more often.
      if (id !== 'box' && id !== 'otcpDiscrete')
        expect(run.final[`coverage.${id}`], id).toBeLessThanOrEqual(high);
    }
  });

  it('never shows standardised OTCP without the ellipsoid of the same head', async () => {
    const { rows } = await ask('compare');
    expect(rows.map(({ score }) => score)).toContain('gaussianEllipsoid');
    expect(rows.every(({ coverage }) => coverage.length === 2)).toBe(true);
  });

  it('answers the same where an earlier version kept its arrays as snapshots', async () => {
    const old: Recorded = { ...run, kept: new Map() };
    for (const [name, arrays] of run.kept)
      old.snapshots.set(name === 'split' ? 0 : Number(name.split(' ')[1]), arrays);
    for (const question of ['overview', 'compare'] as const)
      expect(await asking(old, given)(question)).toEqual(await ask(question));
    old.snapshots.clear();
    expect(await asking(old, given)('overview')).toBeNull();
  });

  it('grows its sets as the level falls, without anything being fitted again', async () => {
    const { scores } = (await ask('overview'))!;
    const asked = { scores: scores.map(({ id }) => id), row: 5, pair: [0, 1], through: 'slice' };
    const before = run.kept.size;
    const wide = await ask('regions', { ...asked, alpha: 0.05 });
    const narrow = await ask('regions', { ...asked, alpha: 0.3 });
    wide.regions.forEach(({ score, area }, k) => {
      const smaller = narrow.regions[k]!.area ?? 0;
      expect(area ?? Infinity, score).toBeGreaterThan(smaller);
    });
    expect(run.kept.size).toBe(before);
  });

  it('says plainly that a set is everything where rows are too few for the level', async () => {
    const answer = await ask('regions', {
      scores: ['l2', 'box', 'otcp'],
      row: 0,
      pair: [0, 1],
      through: 'slice',
      alpha: 0.001,
    });
    expect(answer.regions.map(({ state, inside }) => [state, inside])).toEqual([
      ['everything', true],
      ['everything', true],
      ['everything', true],
    ]);
  });

  it('draws a row’s truth inside an outline exactly where the test says so', async () => {
    for (let row = 0; row < 12; row++) {
      const { regions, truth } = await ask('regions', {
        scores: ['l2', 'mahalanobis', 'otcp', 'mcp'],
        row,
        pair: [0, 1],
        through: 'slice',
        alpha: 0.1,
      });
      for (const { rings, inside, score } of regions)
        expect(windings(rings, truth[0]!, truth[1]!), `${score} at row ${row}`).toBe(inside);
    }
  });

  it('tells coverage at many levels with its band, and a page, outlines and memberships to keep', async () => {
    const curve = await ask('coverage', { scores: ['l2', 'box'] });
    expect(curve.curves[0]!.coverage.at(-1)).toBeGreaterThan(curve.curves[0]!.coverage[0]!);
    const files = ['report', 'geojson', 'outline', 'membership'] as const;
    const texts = await Promise.all(files.map((kind) => ask('file', { kind })));
    expect(texts[0]!.text).toContain('<svg');
    const shapes = JSON.parse(texts[1]!.text) as { features: { geometry: { coordinates: unknown[] } }[] };
    expect(shapes.features).toHaveLength(19);
    expect(texts[2]!.text.split('\n')[0]).toBe('score,piece,y1,y2');
    expect(texts[3]!.text.trimEnd().split('\n')).toHaveLength(241);
    expect([...run.artifacts.keys()].sort()).toEqual([
      'membership.csv',
      'membership.onnx',
      'regions.geojson',
      'report.html',
    ]);
  });

  it('answers every other question of the panel', async () => {
    const scored = { score: 'otcp', alpha: 0.1 };
    await ask('scoresOf', scored);
    await ask('conditional', scored);
    await ask('transport', { score: 'otcpStandardised' });
    await ask('contours', { ...scored, row: 1, pair: [0, 1] });
    await ask('sizes', { scores: ['otcp', 'otcpStandardised', 'pcp'], alpha: 0.1 });
    await ask('transductive', { alpha: 0.2, points: 40 });
    expect(await ask('drift', scored)).toBeNull();
  });

  it('exports a membership test that a plain session answers as the run does, on 10,000 points', async () => {
    const stored = storedRun(run, {}, given);
    const bytes = await conformal.exportOnnx!(queryContext(conformal, stored));
    const compute = openCompute({ threads: 1 });
    const session = await compute.open(bytes);
    const toy = drawToy('heteroscedastic', 10_000, 99);
    const floats = (data: Float32Array, width: number) => ({
      type: 'float32' as const,
      data,
      dims: [10_000, width],
    });
    const answer = await session.run({
      prediction: floats(toy.given!, 2),
      x: floats(toy.raw, 1),
      y: floats(toy.y, 2),
    });
    const shown = await prepareSets(stored);
    if (shown.task !== 'regression') throw new Error('the toy has numbers');
    const { x, raw } = encodeFeatures(shown.encoding, toy.raw);
    const prediction = await shown.model.predict({ count: 10_000, x, raw, given: toy.given! });
    const exported = session.outputNames.filter((name) => name.endsWith('.inside'));
    expect(exported).toContain('otcp.inside');
    for (const name of exported) {
      const score = await shown.score(name.replace('.inside', ''));
      const scores = await score.open.evaluate({ count: 10_000, y: toy.y, prediction, x }, given.alpha);
      const expected = Uint8Array.from(scores, (value) => (value <= score.radius(given.alpha) ? 1 : 0));
      expect(answer[name]!.data, name).toEqual(expected);
    }
    await compute.close();
  });
});

it('goes on after a stop and ends with the numbers of a run that was never stopped', async () => {
  const given = settings({ scores: 'l2,otcp', repeats: 3 });
  const whole = recorded({ seed: 5 });
  expect(await conformal.run(whole.context, {}, given as never)).toBe('done');
  const first = recorded({ seed: 5, stop: () => first.checkpoints.length >= 1 });
  expect(await conformal.run(first.context, {}, given as never)).toBe('stopped');
  expect(first.checkpoints).toHaveLength(1);
  const rest = recorded({ seed: 5, resume: first.checkpoints[0]! });
  expect(await conformal.run(rest.context, {}, given as never)).toBe('done');
  const lasting = (final: Record<string, number>) =>
    Object.fromEntries(Object.entries(final).filter(([name]) => !name.startsWith('fitSeconds')));
  expect(lasting(rest.final)).toEqual(lasting(whole.final));
  for (const run of [whole, first, rest])
    await (run.context.compute as ReturnType<typeof openCompute>).close();
}, 120_000);

/** Coverage of fresh rows by OTCP whose threshold comes from other rows than the map, or from the very same. */
async function coverageWith(sameRows: boolean, seeds: number): Promise<number> {
  const compute = openCompute({ threads: 1 });
  let sum = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const toy = drawToy('mixture', 1200, seed);
    const part = (from: number, to: number) => {
      const count = to - from;
      const empty = new Float32Array(count);
      const rows = {
        count,
        index: new Uint32Array(count),
        x: empty,
        raw: empty,
        y: toy.y.slice(2 * from, 2 * to),
      };
      return { rows, prediction: { mean: { data: new Float32Array(2 * count), shape: [count, 2] } } };
    };
    const [fit, other, test] = [part(0, 100), part(100, 200), part(200, 1200)];
    const shape = { d: 2, features: 1 };
    const context: ScoreContext = {
      compute,
      device: 'cpu',
      seed,
      shape,
      alpha: 0.1,
      settings: {
        epsilon: 0.003,
        gridSize: 1024,
        radii: 16,
        originCopies: 1,
        scaling: 'max',
        tailGuard: false,
        neighbours: 10,
        samples: 10,
      },
      now: () => 0,
      shouldStop: () => false,
      onProgress: () => undefined,
      fit,
    };
    const { arrays } = (await otcp.fit(context))!;
    const open = await otcp.open(compute, shape, arrays);
    const scores = ({ rows, prediction }: typeof fit) =>
      open.evaluate({ count: rows.count, y: rows.y, prediction, x: rows.x }, 0.1);
    const radius = radiusFor(sortScores(await scores(sameRows ? fit : other)), 0.1);
    const inside = (await scores(test)).filter((value) => value <= radius).length;
    sum += inside / test.rows.count / seeds;
    await open.close();
  }
  await compute.close();
  return sum;
}

describe('a run that is stopped inside a training', () => {
  const untimed = (values: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(values).filter(([name]) => !/^(fitSeconds|queryMilliseconds|times)/.test(name)),
    );

  it.each([
    ['of the base model', 0, 12, []],
    ['of a head', 0, 130, ['base']],
    ['of the second repeat', 1, 5, []],
  ] as const)(
    '%s goes on there and is bit for bit the one that never stopped',
    async (_, repeat, asks, done) => {
      const table = await openDataset(join(import.meta.dirname, '../../../samples/two-outputs.csv'));
      const given = settings({
        ...{ problem: 'data', targets: ['y1', 'y2'], base: 'mlp' },
        scores: ['l2', 'otcpStandardised'],
      });
      const runOf = async (options: RecordOptions) => {
        const run = recorded({ seed: 3, ...options });
        return { ...run, state: await conformal.run(run.context, { table }, given) };
      };
      const whole = await runOf({});
      // The first repeat is over once a base model follows upon scores.
      let [scored, began] = [false, repeat === 0 ? 0 : Infinity];
      const stop = (asked: number, stage?: string) => {
        if (stage !== undefined && stage !== 'base model') scored = true;
        else if (scored) began = Math.min(began, asked);
        return asked - began >= asks;
      };
      // Steps are slow, so that there are many moments to stop at.
      const stopped = await runOf({ tick: 160, stop });
      expect(stopped.state).toBe('stopped');
      const resume = stopped.checkpoints.at(-1)!;
      expect(resume.step).toBe(repeat);
      expect(resume.json.parts).toMatchObject({ done, current: { step: expect.any(Number) as number } });
      const resumed = await runOf({ resume, tick: 7 });
      expect(resumed.state).toBe('done');
      expect(untimed(resumed.final)).toEqual(untimed(whole.final));
      const last = [resumed, whole].map(({ checkpoints }) => checkpoints.at(-1)!);
      expect(untimed(last[0]!.arrays)).toEqual(untimed(last[1]!.arrays));
      expect(last[0]!.json.parts).toBeUndefined();
      await table.close();
    },
  );
});

describe('a map that is fitted and calibrated on the same 100 rows', () => {
  it('covers too rarely, which rows of their own for the threshold mend', async () => {
    const seeds = 30;
    expect(await coverageWith(true, seeds)).toBeLessThan(0.875);
    const [mean, error] = [91 / 101, Math.sqrt((0.901 * 0.099 * 1101) / (1000 * 102) / seeds)];
    const separate = await coverageWith(false, seeds);
    expect(Math.abs(separate - mean)).toBeLessThan(3.5 * error);
  }, 240_000);
});

/** Whether a point lies within rings, by the even-odd rule. */
function windings(rings: readonly Float32Array[], x: number, y: number): boolean {
  let inside = false;
  for (const ring of rings)
    for (let k = 0, last = ring.length - 2; k < ring.length; last = k, k += 2) {
      const [x1, y1, x2, y2] = [ring[last]!, ring[last + 1]!, ring[k]!, ring[k + 1]!];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
    }
  return inside;
}
