/** @file Runs of classifications from start to finish, stopped and resumed, and the questions that can be asked of them. */
import { describe, expect, it } from 'vitest';
import { asker, recorded, storedRun, undeclared, type Recorded, type RecordOptions } from '../../testing';
import type { ConformalConfig } from '../config';
import { conformal } from '../index';
import { metrics } from '../metrics';
import { prepareSets } from '../queries/prepared';
import { csvDataset } from '../../../tables/testing';
import { settings } from '../testing';
import { runConformal } from './run';

const TOY: Partial<ConformalConfig> = {
  ...{ problem: 'classes', problemRows: 800, splits: '40/10/25/25' },
  ...{ hidden: 16, layers: 1, steps: 200, gridSize: 256, repeats: 3 },
};

async function runToy(
  given: Partial<ConformalConfig> = {},
  options: RecordOptions = {},
): Promise<Recorded & { state: 'done' | 'stopped'; config: ConformalConfig }> {
  const config = settings({ ...TOY, ...given });
  const record = recorded({ seed: 7, ...options });
  const state = await runConformal(record.context, {}, config);
  return { ...record, state, config };
}

/** The panel's questions about a run. */
const asking = (run: Recorded & { config: ConformalConfig }) =>
  asker(conformal, storedRun(run, {}, run.config));

/** Times are the only numbers that differ between two runs of the same settings. */
function withoutTimes(final: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(final).filter(([name]) => !/^(fitSeconds|queryMilliseconds)/.test(name)),
  );
}

describe('a run of the toy', () => {
  it('measures all four scores, says which, and leaves the sets of the first split behind', async () => {
    const run = await runToy();
    expect(run.state).toBe('done');
    expect(run.notices).toEqual([expect.stringContaining('Sets of classes use scores of their own')]);
    expect(run.final).toMatchObject({ repeats: 3, calibrationRows: 200, testRows: 200 });
    expect(run.final.accuracy).toBeGreaterThan(0.9);
    expect(undeclared(run, metrics)).toEqual([]);
    for (const id of ['otcp', 'ip', 'ms', 'aps']) {
      const value = (name: string) => run.final[`${name}.${id}`]!;
      expect(value('coverage')).toBeGreaterThan(run.final['coverage.bandLow']!);
      expect(value('coverage')).toBeLessThan(run.final['coverage.bandHigh']!);
      expect(value('inBand')).toBe(1);
      expect(value('meanSize')).toBeGreaterThan(0.8);
      expect(value('singletons') + value('empty') + value('everything')).toBeLessThanOrEqual(1 + 1e-12);
      expect(value('classCoverage')).toBeLessThanOrEqual(value('coverage'));
      expect(run.metrics.filter(({ name }) => name === `coverage.${id}`)).toHaveLength(3);
    }
    expect([...run.kept.keys()]).toEqual(['split']);
    expect(run.snapshots.size).toBe(0);
    const lines = new TextDecoder().decode(run.artifacts.get('membership.csv')).trimEnd().split('\n');
    expect(lines[0]).toBe('row,predicted,class,otcp set,ip set,ms set,aps set');
    expect(lines).toHaveLength(201);
  });

  it('stopped while the second repeat trains and resumed gives the same numbers', async () => {
    const whole = await runToy();
    const stages: string[] = [];
    // The classifier of the second repeat begins after the scores of the first.
    const stop = (_: number, stage?: string) => {
      if (stage !== undefined && stage !== stages.at(-1)) stages.push(stage);
      return stages.length === 3;
    };
    const stopped = await runToy({}, { stop });
    expect(stopped.state).toBe('stopped');
    expect(stopped.final.repeats).toBe(1);
    const resumed = await runToy({}, { resume: stopped.checkpoints.at(-1)! });
    expect(resumed.state).toBe('done');
    expect(resumed.notices).toEqual([]);
    expect(withoutTimes(resumed.final)).toEqual(withoutTimes(whole.final));
    expect(resumed.final.repeats).toBe(3);
  });

  it('stops before anything is measured where it is asked to at once', async () => {
    const stopped = await runToy({}, { stop: () => true });
    expect(stopped.state).toBe('stopped');
    expect(stopped.checkpoints).toEqual([]);
  });
});

describe('questions', () => {
  it('are answered from what was kept, at any level', async () => {
    const run = await runToy({ repeats: 1, scores: ['ip', 'aps'] });
    expect(run.notices).toEqual([]);
    const ask = asking(run);
    const at = async (alpha: number) => ask('classes', { scores: ['ip', 'aps'], alpha });
    const overview = (await ask('overview'))!;
    expect(overview).toMatchObject({
      ...{ task: 'classification', targets: ['class'] },
      rows: { train: 320, fit: 80, calibration: 200, test: 200 },
      smallestAlpha: 1 / 201,
    });
    expect(overview.scores.map(({ id }) => id)).toEqual(['ip', 'aps']);

    const usual = await at(run.config.alpha);
    expect(usual.classes).toEqual(['a', 'b', 'c']);
    expect(usual.scores[0]).toMatchObject({
      ...{ score: 'ip', coverage: run.final['coverage.ip'], meanSize: run.final['meanSize.ip'] },
      singletons: run.final['singletons.ip'],
    });
    expect(Math.min(...usual.scores[1]!.coverageByClass)).toBe(run.final['classCoverage.aps']);
    expect(usual.scores[0]!.sizes.reduce((sum, count) => sum + count, 0)).toBe(200);
    expect((await at(0.02)).scores[0]!.meanSize).toBeGreaterThan(usual.scores[0]!.meanSize);
    // Beyond 1/(n + 1) only the set of all classes is sure.
    expect((await at(0.004)).scores[0]).toMatchObject({
      radius: null,
      coverage: 1,
      meanSize: 3,
      singletons: 0,
    });
  });

  it('about one row agree with the counts of all rows', async () => {
    const run = await runToy({ repeats: 1 });
    const ask = asking(run);
    const alpha = 0.05;
    let [hits, members] = [0, 0];
    for (let row = 0; row < 200; row++) {
      const { truth, probabilities, sets } = await ask('classSets', { row, alpha });
      expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
      expect(sets.map(({ score }) => score)).toEqual(['otcp', 'ip', 'ms', 'aps']);
      hits += Number(sets[0]!.members[truth]);
      members += sets[0]!.members.filter((member) => member).length;
    }
    const { scores } = await ask('classes', { scores: ['otcp'], alpha });
    expect([hits / 200, members / 200]).toEqual([scores[0]!.coverage, scores[0]!.meanSize]);
  });

  it.each([
    ['a row beyond the test rows', 'row-unknown', { row: 200, alpha: 0.1 }],
    ['a level beyond 1', 'query-invalid', { row: 0, alpha: 2 }],
  ])('refuse %s', async (_, code, args) => {
    const run = await runToy({ repeats: 1, scores: ['ip'] });
    await expect(asking(run)('classSets', args)).rejects.toMatchObject({ code });
  });

  it('refuse a score that the run does not have', async () => {
    const run = await runToy({ repeats: 1, scores: ['ip'] });
    await expect(asking(run)('classes', { scores: ['aps'], alpha: 0.1 })).rejects.toMatchObject({
      code: 'score-not-fitted',
    });
  });

  it('tell coverage at every level, and how scores are spread, as for numbers', async () => {
    const run = await runToy({ repeats: 1, scores: ['ip', 'otcp'] });
    const answer = await asking(run)('coverage', { scores: ['ip', 'otcp'] });
    const at = answer.levels.findIndex((level) => Math.abs(level - 0.9) < 1e-9);
    for (const curve of answer.curves)
      expect(curve.coverage[at], curve.score).toBe(run.final[`coverage.${curve.score}`]);
    const spread = await asking(run)('scoresOf', { score: 'ip', alpha: 0.1 });
    expect(spread.test.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(spread.radius).toBeGreaterThan(0);
  });

  it('about regions are refused', async () => {
    const run = await runToy({ repeats: 1, scores: ['ip'] });
    await expect(asking(run)('compare')).rejects.toMatchObject({ code: 'no-regions' });
  });

  it('about classes are refused to a regression, known by what it kept', async () => {
    const config = settings({ problem: 'heteroscedastic', problemRows: 400, scores: ['l2'], steps: 10 });
    const run = { ...recorded({ seed: 7 }), config };
    expect(await runConformal(run.context, {}, config)).toBe('done');
    expect((await prepareSets(storedRun(run, {}, config))).task).toBe('regression');
    await expect(asking(run)('classSets', { row: 0, alpha: 0.1 })).rejects.toMatchObject({
      code: 'no-classes',
    });
  });
});

describe('a small table', () => {
  it('runs, and says that only the set of all classes is sure', async () => {
    const lines = Array.from(
      { length: 30 },
      (_, k) => `${Math.sin(k)},${k % 7},"${['red', 'green, light'][k % 2]}"`,
    );
    const table = await csvDataset(`a,b,colour\n${lines.join('\n')}\n`);
    const config = settings({ ...{ targets: ['colour'], hidden: 8, steps: 20, repeats: 2 }, base: 'onnx' });
    const record = recorded({ seed: 1 });
    expect(await runConformal(record.context, { table }, config)).toBe('done');
    await table.close();
    expect(record.final).toMatchObject({
      ...{ 'coverage.ip': 1, 'everything.ip': 1, 'meanSize.otcp': 2, 'coverage.bandLow': 1 },
    });
    expect(record.notices.join(' ')).toContain('too few for 90 % sets');
    expect(record.notices.join(' ')).toContain('perceptron of their own');
    const csv = new TextDecoder().decode(record.artifacts.get('membership.csv'));
    expect(csv).toContain('"green, light | red"');
  });

  it('runs with a single row to fit on and a class that is never trained on', async () => {
    const text = `a,colour\n${['1.5,x', '2.7,x', '3.1,y', '0.4,x', '5.2,z', '6.6,x'].join('\n')}\n`;
    const table = await csvDataset(text);
    const config = settings({ targets: ['colour'], splits: '40/10/30/20', hidden: 4, steps: 10, repeats: 1 });
    const record = recorded({ seed: 2 });
    expect(await runConformal(record.context, { table }, config)).toBe('done');
    await table.close();
    expect(Object.values(record.final).every(Number.isFinite)).toBe(true);
  });
});
