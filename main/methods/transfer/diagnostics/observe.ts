/** @file What a network computes on a fixed batch, and its raw gradients there, as sizes by kind. */
import {
  float32,
  gradient,
  inferenceModel,
  int32,
  multiply,
  nextTokenLoss,
  reduceMean,
  square,
  type Gpt,
  type Resolved,
  type Tensor,
  type TensorKind,
} from '../../../../native-models';
import type { Compute, HostTensor } from '../../../contract/compute';
import type { Arrays } from '../../../contract/define';
import { shaped } from '../../../training/supervised';
import { placesOf } from '../network';

/** Places whose size is looked at. Branches are looked at before their multiplier. */
export const modules = ['embedding', 'attention', 'perceptron', 'residual', 'logits'] as const;
export type ModuleName = (typeof modules)[number];

export interface Batch {
  ids: Int32Array;
  targets: Int32Array;
  sequences: number;
}

/** Values by module; several blocks one after the other. */
export type Activations = Record<ModuleName, Float32Array[]>;

export interface Observer {
  activations(weights: Arrays): Promise<Activations>;
  /** Root mean square of the raw gradient of all tensors of a kind. */
  gradients(weights: Arrays): Promise<Partial<Record<TensorKind, number>>>;
  close(): Promise<void>;
}

/** Opens a network for looking inside on one batch; close it. */
export async function openObserver(
  compute: Compute,
  network: Gpt,
  { residual, logits: factor }: Pick<Resolved, 'residual' | 'logits'>,
  batch: Batch,
): Promise<Observer> {
  const { context } = network.options;
  const inputs = {
    ids: int32(batch.sequences, context),
    targets: int32(batch.sequences, context),
    multipliers: float32(residual.length),
    scale: float32(),
  };
  const parameters = shaped(network, network.initialise(0));
  const open = (name: string, build: Parameters<typeof inferenceModel>[0]['build']) =>
    compute.open(inferenceModel({ name, parameters, weights: 'inputs', inputs, build }), {
      device: 'cpu',
      label: name,
    });
  const inside = await open('activations', (weights, { ids, multipliers, scale }) => {
    const seen: Record<string, Tensor> = {};
    const tap = (role: string, layer: number | null, value: Tensor) => {
      seen[layer === null ? role : `${role}.${layer}`] = value;
    };
    const logits = multiply(network.apply(weights, ids!, { multipliers, tap }), scale!);
    return { ...seen, logits };
  });
  const places = placesOf(network);
  const slopes = await open('gradients', (weights, { ids, targets, multipliers, scale }) => {
    const loss = nextTokenLoss(multiply(network.apply(weights, ids!, { multipliers }), scale!), targets!);
    const names = Object.keys(network.parameters);
    const found = gradient(
      loss,
      names.map((name) => weights[name]!),
    );
    return Object.fromEntries(names.map((name, at) => [`gradient.${name}`, reduceMean(square(found[at]!))]));
  });
  const dims = [batch.sequences, context];
  const fixed: Record<string, HostTensor> = {
    ids: { type: 'int32', data: batch.ids, dims },
    targets: { type: 'int32', data: batch.targets, dims },
    multipliers: { type: 'float32', data: Float32Array.from(residual), dims: [residual.length] },
    scale: { type: 'float32', data: Float32Array.of(factor), dims: [] },
  };
  return {
    async activations(weights) {
      const found = await inside.run({ ...feedsOf(weights), ...fixed });
      const of = (role: string) =>
        residual.flatMap((_, at) => found[`${role}.${at}`]?.data ?? []) as Float32Array[];
      // ρ lies in the values; a branch is looked at as it is before.
      const before = (role: string, branch: number) =>
        of(role).map((values, layer) => values.map((value) => value / residual[2 * layer + branch]!));
      return {
        embedding: [found.embed!.data as Float32Array],
        attention: before('attn_out', 0),
        perceptron: before('mlp_out', 1),
        residual: of('resid_post'),
        logits: [found.logits!.data as Float32Array],
      };
    },
    async gradients(weights) {
      const found = await slopes.run({ ...feedsOf(weights), ...fixed });
      const sums = new Map<TensorKind, { sum: number; size: number }>();
      for (const [name, { kind }] of Object.entries(places)) {
        const size = (network.parameters[name]!.shape as readonly number[]).reduce((a, b) => a * b, 1);
        const known = sums.get(kind) ?? { sum: 0, size: 0 };
        const squares = Number(found[`gradient.${name}`]!.data[0]) * size;
        sums.set(kind, { sum: known.sum + squares, size: known.size + size });
      }
      return Object.fromEntries([...sums].map(([kind, { sum, size }]) => [kind, Math.sqrt(sum / size)]));
    },
    async close() {
      await inside.close();
      await slopes.close();
    },
  };
}

function feedsOf(weights: Arrays): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { data, shape }]) => [name, { type: 'float32', data, dims: shape }]),
  );
}

/** Root mean square of all values, and of how far they lie from those of `start`. */
export function sizesOf(values: readonly Float32Array[], start: readonly Float32Array[]) {
  let [own, change, count] = [0, 0, 0];
  values.forEach((part, at) => {
    const before = start[at]!;
    for (let i = 0; i < part.length; i++) {
      own += part[i]! ** 2;
      change += (part[i]! - before[i]!) ** 2;
    }
    count += part.length;
  });
  return { size: Math.sqrt(own / count), change: Math.sqrt(change / count) };
}
