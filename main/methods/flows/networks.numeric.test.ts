/** @file The networks of the method: each learns, knows its classes, is guided, and is exported as what it is in the app. */
import { describe, expect, it } from 'vitest';
import { decodeModel, parametersOf, stream } from '../../../native-models';
import { expectClose } from '../../../native-models/testing/expect-close';
import { openCompute } from '../../compute/session';
import type { TrainingState } from '../../training/training';
import type { NamedArray } from '../../contract/define';
import { config as schema, type FlowsConfig } from './config';
import type { PairSupply } from './coupling/coupling';
import { exportVelocity, openVelocityModel } from './model';
import { networkHooks } from '../../models/network-hooks';
import type { FlowShape } from './network';
import { solveFixed } from '../../ode/fixed';
import { openTraining } from '../../training/loop';
import { snapshotCount } from '../../training/timetable';
import { dropLabels, flowProgram, flowSpec } from './training/train';

const image = { height: 5, width: 6, channels: 2 };
const shape = { dimension: 60, image, classes: 2 } satisfies FlowShape;
const small = {
  batchSize: 32,
  learningRate: 5e-3,
  steps: 2000,
  emaDecay: 0.9,
  ...{ hidden: 32, layers: 2 },
  ...{ channels: 4, levels: 2, blocks: 1 },
  ...{ patch: 4, width: 16, depth: 2, heads: 2 },
};
const settings = (changes: Record<string, unknown>): FlowsConfig => schema.parse({ ...small, ...changes });
const unit = { mean: new Float64Array(60), scale: new Float64Array(60).fill(1) };

/** Class 0 is bright on the left, class 1 below; the classes' means are far apart for the noise on them. */
function picture(label: number, at: number): number {
  const column = Math.floor(at / 2) % 6;
  const row = Math.floor(at / 12);
  return (label === 0 ? column < 3 : row > 2) ? 1.5 : -1.5;
}

/** Independent pairs of noise and one of two pictures with a little noise on it. */
const pictures: PairSupply = {
  fill(step, { x0, x1, label }) {
    stream(2, 'source', step).normal(x0);
    const labels = stream(2, 'label', step).integers(new Int32Array(x0.length / 60), 2);
    const noise = stream(2, 'target', step).normal(new Float32Array(x1.length));
    for (let at = 0; at < x1.length; at++)
      x1[at] = picture(labels[Math.floor(at / 60)]!, at % 60) + 0.1 * noise[at]!;
    label?.set(labels);
  },
};

async function trained(
  config: FlowsConfig,
  steps: number,
): Promise<{ losses: number[]; parameters: Record<string, NamedArray>; state: TrainingState }> {
  const compute = openCompute({ threads: 1 });
  const training = openTraining({ compute, now: () => 0 }, flowSpec(config, shape, 3, pictures));
  const losses: number[] = [];
  while (losses.length < steps)
    losses.push(...(await training.advance(losses.length, losses.length + 1)).metrics.loss!);
  const state = await training.state();
  const parameters = parametersOf(training.program, state, 'ema');
  await training.close();
  await compute.close();
  return { losses, parameters, state };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Where each network can be steered, in the order of computation. */
const blocks = ['down1.block1', 'down2.block1', 'middle.block1', 'middle.block2'];
const ups = ['up2.block1', 'up2.block2', 'up1.block1', 'up1.block2'];
const ofBlock = (block: string) =>
  ['norm_conv_in', 'norm_conv_mid', 'resid_post'].map((role) => `${role}:${block} channels`);
const hooksOf = {
  perceptron: ['mlp_act:0 units', 'mlp_act:1 units'],
  unet: [
    ...blocks.slice(0, 3).flatMap(ofBlock),
    'norm_attn_in:middle.attention channels',
    ...[...blocks.slice(3), ...ups].flatMap(ofBlock),
    'norm_final channels',
  ],
  transformer: [
    ...[0, 1].flatMap((block) =>
      ['norm_attn_in', 'norm_mlp_in', 'resid_post'].map((role) => `${role}:${block} tokens`),
    ),
    'norm_final tokens',
  ],
};

describe.each(['perceptron', 'unet', 'transformer'] as const)('a flow with the network %s', (network) => {
  const conditional = settings({ network, condition: 'label' });

  it('learns, with images that fit neither patches nor levels, and repeats bit for bit', async () => {
    const { losses, state } = await trained(settings({ network }), 40);
    expect(mean(losses.slice(-8))).toBeLessThan(0.75 * mean(losses.slice(0, 3)));
    expect((await trained(settings({ network }), 40)).state).toEqual(state);
  });

  it('told the label, goes to its class; guidance makes the class clearer, and without label there are both', async () => {
    const { parameters } = await trained(conditional, 300);
    const compute = openCompute({ threads: 1 });
    const model = await openVelocityModel(compute, conditional, { ...shape, standardisation: unit });
    const count = 64;
    const start = stream(9, 'noise').normal(new Float32Array(count * 60));
    /** How much closer each image is to class 0 than to class 1, in units of the distance between them. */
    const generate = async (labels: number[], guidance: number) => {
      const condition = { labels: Int32Array.from(labels), guidance };
      const { points } = await solveFixed(model.at(parameters, condition), start, 'euler', 12);
      return Array.from({ length: count }, (_, row) => {
        let [score, norm] = [0, 0];
        for (let at = 0; at < 60; at++) {
          const apart = picture(0, at) - picture(1, at);
          const middle = (picture(0, at) + picture(1, at)) / 2;
          score += (points[row * 60 + at]! - middle) * apart;
          norm += apart ** 2;
        }
        return (2 * score) / norm;
      });
    };
    const [first, second, strong, none, mixed] = [
      await generate([0], 1),
      await generate([1], 1),
      await generate([0], 3),
      await generate([], 1),
      await generate([0, 1], 1),
    ];
    expect(mean(first)).toBeGreaterThan(0.6);
    expect(mean(second)).toBeLessThan(-0.6);
    expect(mean(strong)).toBeGreaterThan(mean(first) + 0.02);
    expect(none.filter((score) => score > 0).length).toBeGreaterThan(count / 8);
    expect(none.filter((score) => score < 0).length).toBeGreaterThan(count / 8);
    // Rows take the labels in turn, the same noise by the same row.
    expectClose([mixed[0]!], [first[0]!], { atol: 1e-4 });
    expectClose([mixed[1]!], [second[1]!], { atol: 1e-4 });
    // No guidance at all is no label; a missing label too.
    expectClose(await generate([1], 0), none, { atol: 1e-5 });
    expectClose(await generate([-1], 1), none, { atol: 1e-5 });
    expectClose(await generate([-1], 2.5), none, { atol: 1e-4 });
    await model.close();
    await compute.close();
  });

  it('is exported as what it is here: data units, any batch, the label an input', async () => {
    const { parameters } = await trained(conditional, 5);
    const standardisation = {
      mean: new Float64Array(60).fill(0.3),
      scale: Float64Array.from({ length: 60 }, (_, k) => 0.5 + k / 60),
    };
    const compute = openCompute({ threads: 1 });
    const model = await openVelocityModel(compute, conditional, { ...shape, standardisation });
    const bytes = exportVelocity(conditional, { ...shape, standardisation }, parameters, {});
    const session = await compute.open(bytes);
    expect([session.inputNames, session.outputNames]).toEqual([['x', 't', 'label'], ['velocity']]);
    expect(networkHooks(decodeModel(bytes), '').map(({ id, layout }) => `${id} ${layout}`)).toEqual(
      hooksOf[network],
    );
    const x = stream(4, 'points').normal(new Float32Array(5 * 60));
    const labels = Int32Array.of(0, 1, 2, 0, 1);
    const result = await session.run({
      x: { type: 'float32', data: x, dims: [5, 60] },
      t: { type: 'float32', data: new Float32Array(5).fill(0.3), dims: [5, 1] },
      label: { type: 'int32', data: labels, dims: [5] },
    });
    const told = { labels: Int32Array.of(0, 1, -1, 0, 1), guidance: 1 };
    const expected = await model.at(parameters, told)(0.3, x);
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.01);
    expectClose(result.velocity!.data as Float32Array, expected, { rtol: 1e-4, atol: 1e-5 });
    await session.close();
    await model.close();
    await compute.close();
  });
});

it('keeps fewer snapshots of a network whose parameters would fill the disk', () => {
  expect([1e3, 4e6, 1e9].map(snapshotCount)).toEqual([40, 16, 8]);
});

describe('labels', () => {
  it('all dropped train the same network as none told', async () => {
    const told: PairSupply = {
      fill(step, batch) {
        pictures.fill(step, batch);
        batch.label?.fill(-1);
      },
    };
    const losses = await Promise.all(
      [
        { pairs: pictures, labelDropout: 1 },
        { pairs: told, labelDropout: 0 },
        { pairs: pictures, labelDropout: 0 },
      ].map(async ({ pairs, labelDropout }) => {
        const compute = openCompute({ threads: 1 });
        const config = settings({ network: 'transformer', condition: 'label', labelDropout });
        const training = openTraining({ compute, now: () => 0 }, flowSpec(config, shape, 3, pairs));
        const found: number[] = [];
        while (found.length < 12)
          found.push(...(await training.advance(found.length, found.length + 1)).metrics.loss!);
        await training.close();
        await compute.close();
        return found;
      }),
    );
    expect(losses[0]).toEqual(losses[1]);
    expect(losses[2]).not.toEqual(losses[1]);
  });

  it('are dropped in the asked share, keyed by the step', () => {
    const draw = (step: number, share: number) => {
      const labels = new Int32Array(4000).map((_, row) => (row === 0 ? -1 : row % 3));
      dropLabels(labels, 3, share, 7, step);
      return labels;
    };
    expect(draw(1, 0.1)).toEqual(draw(1, 0.1));
    expect(draw(1, 0.1)).not.toEqual(draw(2, 0.1));
    expect(draw(1, 0)[0]).toBe(3);
    const dropped = draw(1, 0.1).filter((label) => label === 3).length;
    expect(dropped / 4000).toBeGreaterThan(0.08);
    expect(dropped / 4000).toBeLessThan(0.12);
  });

  it('and images that a network needs are asked for by name', () => {
    const open = (changes: Record<string, unknown>, over: FlowShape) => () =>
      flowProgram(settings(changes), over);
    expect(open({ condition: 'label' }, { dimension: 60 })).toThrow('labels-missing');
    expect(open({ network: 'unet' }, { dimension: 60 })).toThrow('network-needs-images');
    expect(open({ network: 'transformer' }, { ...shape, dimension: 61 })).toThrow('network-needs-images');
    expect(open({ network: 'transformer', width: 20, heads: 3 }, shape)).toThrow('network-sizes');
  });
});
