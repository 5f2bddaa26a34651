/** @file The checks of a parameterisation on a real network: the rule inside its bands, and every control outside of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../../contract/schema';
import type { Engine } from '../../../engine';
import { workbench, type Workbench } from '../../../runs/testing/workbench';
import { transfer } from '..';
import type { Check } from './kept';

let bench: Workbench;
let engine: Engine;
let text: string;

beforeAll(async () => {
  bench = workbench([transfer]);
  engine = await bench.engine();
  text = (await engine.openPath('samples/sentences.jsonl', 'text')).id;
});
afterAll(() => bench.clean());

const SMALL = { batch: 256, baseBatch: 256, duration: 25_600, baseDuration: 25_600, learningRate: 0.01 };

async function checked(config: Record<string, Json>): Promise<Check> {
  const request = { method: 'transfer', data: { text }, config: { ...SMALL, ...config }, seed: 0 };
  const { id } = await engine.startRun(request);
  expect(await engine.waitForRun(id)).toMatchObject({ status: 'done', error: null });
  return (await engine.query(id, 'check', {})) as Check;
}
const slopeOf = ({ slopes }: Check, rule: string, of: string, quantity: string) =>
  slopes.find((one) => one.rule === rule && one.of === of && one.quantity === quantity)!.slope!;

describe('coordinates', { timeout: 120_000 }, () => {
  it('over width the rule is flat and the standard one blows up', async () => {
    const check = await checked({ task: 'coordinates', scales: '64,256', checkSteps: 4 });
    expect(check).toMatchObject({ passes: true, controlFails: true, rules: ['sp', 'complete-d-p'] });
    // Seen over 64, 128, 256 at step 10: 2.65 and 0.00.
    expect(slopeOf(check, 'sp', 'residual', 'size')).toBeGreaterThan(1);
    expect(Math.abs(slopeOf(check, 'complete-d-p', 'residual', 'change'))).toBeLessThan(0.35);
    const figure = await engine.figure((await engine.listRuns())[0]!.id, 'coordinates', { module: 'logits' });
    expect(figure).toMatchObject({ title: 'logits, size' });
  });

  it('over depth the rule is flat and width alone is not enough', async () => {
    const check = await checked({ task: 'coordinates', axis: 'depth', scales: '2,8' });
    expect(check).toMatchObject({ controlFails: true, rules: ['mup', 'complete-d-p'] });
    expect(slopeOf(check, 'mup', 'residual', 'size')).toBeGreaterThan(0.8);
    expect(Math.abs(slopeOf(check, 'complete-d-p', 'residual', 'size'))).toBeLessThan(0.35);
  });

  it('the check itself can fail: the standard rule asked for is outside its bands, and says where to look', async () => {
    const check = await checked({
      ...{ task: 'coordinates', parameterisation: 'sp', scales: '64,128', checkSteps: 3, checkSeeds: 1 },
    });
    expect(check.passes).toBe(false);
    const outside = check.slopes.find(({ of, inside }) => of === 'residual' && !inside)!;
    expect(outside.sentence).toMatch(/residual grows by .* look at/);
  });
});

describe('gradients and ε', { timeout: 120_000 }, () => {
  it('raw gradients go with width and depth as ε is scaled', async () => {
    const width = await checked({ task: 'gradients', scales: '64,256', checkSeeds: 3 });
    expect(width.slopes.filter(({ rule, inside }) => rule === 'complete-d-p' && inside === false)).toEqual(
      [],
    );
    // The control: a standard start has gradients that do not follow the rule for ε.
    expect(width.slopes.some(({ rule, inside }) => rule === 'sp' && inside === false)).toBe(true);
    const depth = await checked({ task: 'gradients', axis: 'depth', scales: '2,8', checkSeeds: 3 });
    expect(depth.slopes.filter(({ rule, inside }) => rule === 'complete-d-p' && inside === false)).toEqual(
      [],
    );
  });

  it('where ε decides, an embedding whose ε does not follow width hardly moves', async () => {
    const check = await checked({ task: 'epsilon', scales: '64,256' });
    expect(check.controlFails).toBe(true);
    expect(Math.abs(slopeOf(check, 'complete-d-p', 'embedding', 'change'))).toBeLessThan(0.2);
    expect(slopeOf(check, 'completep', 'embedding', 'change')).toBeLessThan(-0.6);
  });

  it('stops between measurements and goes on to the same slopes', async () => {
    const config = { ...SMALL, task: 'coordinates', scales: '32,64', checkSteps: 2 };
    const whole = await checked(config);
    const unsubscribe = engine.subscribe({
      runChanged: ({ id, progress }) => {
        if (progress.step === 3) void engine.stopRun(id).catch(() => undefined);
      },
    });
    const { id } = await engine.startRun({ method: 'transfer', data: { text }, config, seed: 0 });
    expect((await engine.waitForRun(id)).status).toBe('stopped');
    unsubscribe();
    await engine.resumeRun(id);
    await engine.waitForRun(id);
    expect(((await engine.query(id, 'check', {})) as Check).slopes).toEqual(whole.slopes);
  });

  it('needs two scales', async () => {
    const request = {
      method: 'transfer',
      data: { text },
      config: { task: 'coordinates', scales: '64' },
      seed: 0,
    };
    const { id } = await engine.startRun(request);
    expect((await engine.waitForRun(id)).error).toMatchObject({
      code: 'check-scales',
      where: { key: 'scales' },
    });
  });
});
