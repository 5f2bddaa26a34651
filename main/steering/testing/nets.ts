/** @file Small nets that run block by block, without sessions: a chain of one number, residual nets, and nets with norms in branches. */
import { stream } from '../../../native-models';
import type { HookMap } from '../../contract/steering';
import type { RowMatrix } from '../../contract/projection';
import type { BlockHook, BlockModel } from '../estimate';
import { applyMap } from '../map';

/** A block of numbers [rows, width]: calls `at` where a hook is and goes on with what it answers. */
type Block = (state: RowMatrix, at: (hook: string, value: RowMatrix) => RowMatrix) => RowMatrix;

/** A model of such blocks; a state is the rows between two of them. */
export function blockModel(blocks: readonly Block[], hooks: readonly BlockHook[]): BlockModel<RowMatrix> {
  return {
    blocks: blocks.length,
    hooks,
    run(state, block, { maps, read }) {
      const seen = new Map<string, RowMatrix>();
      const next = blocks[block]!(state, (hook, value) => {
        seen.set(hook, value);
        return steered(value, maps, hook);
      });
      return Promise.resolve({ samples: read.map(({ id }) => ({ pooled: seen.get(id)! })), next });
    },
  };
}

/** All of a model with maps switched on at λ = 1; the values at every hook after its map, and the end. */
export async function runThrough(
  model: BlockModel<RowMatrix>,
  start: RowMatrix,
  maps: readonly HookMap[],
): Promise<{ hooks: RowMatrix[]; end: RowMatrix }> {
  let state = start;
  const hooks: RowMatrix[] = [];
  for (let block = 0; block < model.blocks; block++) {
    const read = model.hooks.filter((hook) => hook.block === block);
    const { samples, next } = (await model.run(state, block, { maps, read }))!;
    samples.forEach(({ pooled }, at) => hooks.push(steered(pooled, maps, read[at]!.id)));
    state = next;
  }
  return { hooks, end: state };
}

function steered(value: RowMatrix, maps: readonly HookMap[], hook: string): RowMatrix {
  const map = maps.find((each) => each.hook === hook);
  return map ? { ...value, data: Float32Array.from(applyMap(map, value.data, 1)) } : value;
}

/** z, then 2z, with a hook after each. */
export function scalarChain(): BlockModel<RowMatrix> {
  const doubled = (state: RowMatrix) => ({ ...state, data: state.data.map((value) => 2 * value) });
  return blockModel(
    [(state, at) => at('z', state), (state, at) => at('2z', doubled(state))],
    [
      { id: 'z', block: 0, residual: false },
      { id: '2z', block: 1, residual: false },
    ],
  );
}

/** Blocks z + tanh(z W) with a weight [width, width] each; hooks on the states that the blocks read. */
export function residualNet(weights: readonly Float32Array[]): BlockModel<RowMatrix> {
  const hooks = weights.map((_, block) => ({ id: `resid_pre:${block}`, block, residual: true }));
  return blockModel(
    weights.map((weight, block): Block => (state, at) => {
      const z = at(`resid_pre:${block}`, state);
      return sum(z, tanh(product(z, weight)));
    }),
    hooks,
  );
}

/** Its weights, normal with variance 1.44/width. */
export function residualWeights(seed: number, width: number, blocks: number): Float32Array[] {
  return Array.from({ length: blocks }, (_, block) => normalMatrix(seed, `W ${block}`, width, 1.2));
}

/** Blocks z + tanh(rms(z) W₁) W₂ with gains 1.2 and .7; hooks on the norms inside the branches. */
export function normNet(seed: number, width: number, blocks: number): BlockModel<RowMatrix> {
  const hooks = Array.from({ length: blocks }, (_, block) => ({
    id: `norm:${block}`,
    block,
    residual: false,
  }));
  return blockModel(
    hooks.map(({ id }, block): Block => {
      const [first, second] = [1.2, 0.7].map((gain, at) =>
        normalMatrix(seed, `W${at} ${block}`, width, gain),
      );
      return (state, at) => {
        const normed = at(id, rootMeanSquareNorm(state));
        return sum(state, product(tanh(product(normed, first!)), second!));
      };
    }),
    hooks,
  );
}

/** Source N(0, I) and target sc·N(0, I) + mu, mu ~ N(0, I), ln sc ~ N(0, ln² 1.5): two independent draws of each. */
export function toySides(seed: number, rows: number, width: number) {
  const draw = (label: string, count: number) => stream(seed, label).normal(new Float32Array(count));
  const mu = draw('mu', width);
  const scale = draw('sc', width).map((value) => Math.exp(Math.log(1.5) * value));
  const source = (label: string): RowMatrix => ({ data: draw(label, rows * width), rows, columns: width });
  const target = (label: string): RowMatrix => {
    const side = source(label);
    return { ...side, data: side.data.map((value, at) => scale[at % width]! * value + mu[at % width]!) };
  };
  return {
    fit: { source: source('source'), target: target('target') },
    held: { source: source('held source'), target: target('held target') },
  };
}

function normalMatrix(seed: number, label: string, width: number, gain: number): Float32Array {
  const values = stream(seed, label).normal(new Float32Array(width * width));
  return values.map((value) => (gain * value) / Math.sqrt(width));
}

function product({ data, rows, columns }: RowMatrix, weight: Float32Array): RowMatrix {
  const out = new Float32Array(rows * columns);
  const line = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    line.fill(0);
    for (let k = 0; k < columns; k++) {
      const value = data[row * columns + k]!;
      for (let j = 0; j < columns; j++) line[j]! += value * weight[k * columns + j]!;
    }
    out.set(line, row * columns);
  }
  return { data: out, rows, columns };
}

function tanh(state: RowMatrix): RowMatrix {
  return { ...state, data: state.data.map((value) => Math.tanh(value)) };
}

function sum(left: RowMatrix, right: RowMatrix): RowMatrix {
  return { ...left, data: left.data.map((value, at) => value + right.data[at]!) };
}

/** Every row divided by the root of its mean square. */
export function rootMeanSquareNorm({ data, rows, columns }: RowMatrix): RowMatrix {
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    let squares = 0;
    for (let k = 0; k < columns; k++) squares += data[row * columns + k]! ** 2;
    const scale = 1 / Math.sqrt(squares / columns + 1e-5);
    for (let k = 0; k < columns; k++) out[row * columns + k] = data[row * columns + k]! * scale;
  }
  return { data: out, rows, columns };
}
