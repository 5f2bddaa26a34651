/** @file A perceptron with one hidden layer as the ceiling of what a probe could read, trained by the compiler on the same rows. */
import { headNetwork, int32, schedules } from '../../../native-models';
import type { Compute } from '../../contract/compute';
import type { Arrays } from '../../contract/define';
import type { ProbeMatrix, ProbePosition } from '../../contract/probes';
import { vector } from '../../disk/named-arrays';
import { aucOf } from '../../numerics/ranking';
import { leadsOf } from '../../probes/leads';
import { aucMatrix, geometryOf, siblingsOf } from '../../probes/matrix';
import type { Scorer, TaskRows } from '../../probes/place';
import { scalerOf, standardised, type Scaler } from '../../probes/standardise';
import { claimsOf, summaryOf } from '../../probes/summary';
import { Parts } from '../../training/parts';
import { fitNetwork, shuffledBatches } from '../../training/supervised';
import type { Shared } from './matrices';
import { packed } from '../../disk/packed-json';

const HIDDEN = 32;
const STEPS = 600;
const BATCH = 64;
const RATE = 1e-3;

export interface Surroundings {
  compute: Compute;
  seed: number;
  now: () => number;
  stopRequested: () => boolean;
}

/** Of one task. */
export interface Perceptron {
  /** [width] of the training items. */
  scaler: Scaler;
  /** [width, 32] and [32], then [32, 2] and [2] for false and true. */
  weights: Record<(typeof LAYERS)[number], Float32Array>;
}

const LAYERS = ['layer1.weight', 'layer1.bias', 'output.weight', 'output.bias'] as const;

/**
 * Trains on the task's training items and keeps the weights with the smallest loss on its validation items. Null where a stop
 * was asked for.
 */
async function fitPerceptron(surroundings: Surroundings, task: TaskRows): Promise<Perceptron | null> {
  const { compute, seed, now, stopRequested } = surroundings;
  const { split, labels, rows, name } = task;
  const scaler = scalerOf(rows, split.train);
  const all = [...split.train, ...split.validation];
  const network = headNetwork({
    ...{ inputs: rows.columns, dimension: 2, hidden: HIDDEN, layers: 1 },
    ...{ activation: 'silu', head: { kind: 'classifier' } },
  });
  const learn = Int32Array.from(split.train.keys());
  const batch = Math.min(BATCH, learn.length);
  const rate = schedules.cosine(STEPS, { warmup: STEPS / 20 });
  const fitted = await Parts.ofNothing({ compute, now, stopRequested }).run(`mlp ${name}`, (inner) =>
    fitNetwork(inner, {
      ...{ label: `mlp ${name}`, device: 'cpu', steps: STEPS, network, batch },
      rows: {
        count: all.length,
        x: Float32Array.from(standardised(rows, all, scaler)),
        y: Float32Array.from(all, (item) => labels[item]!),
      },
      start: () => network.initialise(seed),
      answer: (count) => int32(count),
      rowsOf: shuffledBatches(learn, batch, seed, `probes.mlp.${name}`),
      learningRate: (step) => RATE * rate.at(step),
      heldOut: Int32Array.from(split.validation, (_, k) => learn.length + k),
    }),
  );
  if (!fitted) return null;
  const weights = Object.fromEntries(LAYERS.map((key) => [key, fitted[key]!.data as Float32Array]));
  return { scaler, weights: weights as Perceptron['weights'] };
}

/** Logits of true less those of false. Recentred ones take the other task's mean, without labels. */
export function perceptronScorer({ scaler, weights }: Perceptron): Scorer {
  const [first, firstBias, last, lastBias] = LAYERS.map((key) => weights[key]) as [
    ...[Float32Array, Float32Array],
    ...[Float32Array, Float32Array],
  ];
  return ({ rows, split }, items, { own, scores }) => {
    const mean = !own && scores === 'recentred' ? scalerOf(rows, split.train).mean : scaler.mean;
    const z = standardised(rows, items, { ...scaler, mean });
    const width = rows.columns;
    return Float64Array.from(items, (_, row) => {
      let score = lastBias[1]! - lastBias[0]!;
      for (let unit = 0; unit < HIDDEN; unit++) {
        let sum = firstBias[unit]!;
        for (let k = 0; k < width; k++) sum += z[row * width + k]! * first[k * HIDDEN + unit]!;
        const active = sum / (1 + Math.exp(-sum));
        score += active * (last[2 * unit + 1]! - last[2 * unit]!);
      }
      return score;
    });
  };
}

/** Perceptrons of all tasks with their matrix; they have no direction, so there is no cosine and no support. Null where a stop was asked for. */
export async function fitPerceptrons(
  surroundings: Surroundings,
  place: { block: number; position: ProbePosition },
  tasks: readonly TaskRows[],
  { draws, controls, controlScores, scores }: Omit<Shared, 'seed'>,
): Promise<{ matrix: ProbeMatrix; perceptrons: Perceptron[] } | null> {
  const perceptrons: Perceptron[] = [];
  for (const task of tasks) {
    const fitted = await fitPerceptron(surroundings, task);
    if (!fitted) return null;
    perceptrons.push(fitted);
  }
  const scorers = perceptrons.map(perceptronScorer);
  const found = scorers.map((scorer, i) =>
    tasks.map((task, j) => scorer(task, task.split.test, { own: i === j, scores })),
  );
  const told = {
    ...aucMatrix(found, tasks, draws),
    tasks: tasks.map(({ name }) => name),
    strength: new Float64Array(tasks.length).fill(NaN),
    validation: Float64Array.from(tasks, (task, k) =>
      aucOf(
        scorers[k]!(task, task.split.validation, { own: true, scores }),
        Uint8Array.from(task.split.validation, (item) => task.labels[item]!),
      ),
    ),
    ...{ cosine: null, supports: [], controls: [...controls], rows: new Uint8Array(tasks.length).fill(1) },
    ...{ siblings: siblingsOf(tasks), geometry: geometryOf(tasks, surroundings.seed) },
    leads: leadsOf(
      found.map((row, k) => row[k]),
      controlScores,
      tasks,
      draws,
    ),
  };
  const matrix: ProbeMatrix = {
    family: 'mlp',
    ...place,
    ...told,
    ...{ summary: summaryOf(told), correlation: [], claims: claimsOf(told), whole: true },
  };
  return { matrix, perceptrons };
}

/** The matrix with what single scores are made from. */
export function keptPerceptrons({
  matrix,
  perceptrons,
}: {
  matrix: ProbeMatrix;
  perceptrons: readonly Perceptron[];
}): Arrays {
  const out: Arrays = packed(matrix);
  for (const [k, { scaler, weights }] of perceptrons.entries()) {
    out[`${k}.mean`] = vector(scaler.mean);
    out[`${k}.deviation`] = vector(scaler.deviation);
    for (const key of LAYERS) out[`${k}.${key}`] = vector(weights[key]);
  }
  return out;
}

/** Perceptrons as they were kept, by task; empty of runs that kept none. */
export function storedPerceptrons(arrays: Arrays): Perceptron[] {
  const out: Perceptron[] = [];
  for (let k = 0; arrays[`${k}.mean`]; k++) {
    const read = (key: string) => arrays[`${k}.${key}`]!.data;
    const weights = Object.fromEntries(LAYERS.map((key) => [key, read(key) as Float32Array]));
    out.push({
      scaler: { mean: read('mean') as Float64Array, deviation: read('deviation') as Float64Array },
      weights: weights as Perceptron['weights'],
    });
  }
  return out;
}
