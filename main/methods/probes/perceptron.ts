/** @file A perceptron with one hidden layer as the ceiling of what a probe could read, trained by the compiler on the same rows. */
import { headNetwork, int32, schedules } from '../../../native-models';
import type { Compute } from '../../contract/compute';
import type { ProbeMatrix, ProbePosition } from '../../contract/probes';
import { aucOf } from '../../numerics/ranking';
import { aucMatrix, geometryOf, siblingsOf } from '../../probes/matrix';
import type { TaskRows } from '../../probes/place';
import { scalerOf, standardised } from '../../probes/standardise';
import { claimsOf, summaryOf } from '../../probes/summary';
import { Parts } from '../../training/parts';
import { fitNetwork, shuffledBatches } from '../../training/supervised';
import type { Shared } from './matrices';

const HIDDEN = 32;
const STEPS = 600;
const BATCH = 64;
const RATE = 1e-3;

interface Surroundings {
  compute: Compute;
  seed: number;
  now: () => number;
  stopRequested: () => boolean;
}

/** Scores of any task's rows, above 0 for true. */
type Scorer = (task: TaskRows, items: ArrayLike<number>) => Float64Array;

/**
 * Trains on the task's training items and keeps the weights with the smallest loss on its validation items. Null where a stop
 * was asked for.
 */
async function fitPerceptron(surroundings: Surroundings, task: TaskRows): Promise<Scorer | null> {
  const { compute, seed, now, stopRequested } = surroundings;
  const { split, labels, rows, name } = task;
  const width = rows.columns;
  const scaler = scalerOf(rows, split.train);
  const all = [...split.train, ...split.validation];
  const network = headNetwork({
    ...{ inputs: width, dimension: 2, hidden: HIDDEN, layers: 1 },
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
  const [first, firstBias, last, lastBias] = [
    'layer1.weight',
    'layer1.bias',
    'output.weight',
    'output.bias',
  ].map((key) => fitted[key]!.data) as [Float32Array, Float32Array, Float32Array, Float32Array];
  return (other, items) => {
    const z = standardised(other.rows, items, scaler);
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

/** The matrix of perceptrons; they have no direction, so there is no cosine and no support. Null where a stop was asked for. */
export async function perceptronMatrix(
  surroundings: Surroundings,
  place: { block: number; position: ProbePosition },
  tasks: readonly TaskRows[],
  { draws, controls }: Pick<Shared, 'draws' | 'controls'>,
): Promise<ProbeMatrix | null> {
  const scorers: Scorer[] = [];
  for (const task of tasks) {
    const scorer = await fitPerceptron(surroundings, task);
    if (!scorer) return null;
    scorers.push(scorer);
  }
  const scores = scorers.map((scorer) => tasks.map((task) => scorer(task, task.split.test)));
  const told = {
    ...aucMatrix(scores, tasks, draws),
    tasks: tasks.map(({ name }) => name),
    strength: new Float64Array(tasks.length).fill(NaN),
    validation: Float64Array.from(tasks, (task, k) =>
      aucOf(
        scorers[k]!(task, task.split.validation),
        Uint8Array.from(task.split.validation, (item) => task.labels[item]!),
      ),
    ),
    ...{ cosine: null, supports: [], controls: [...controls] },
    ...{ siblings: siblingsOf(tasks), geometry: geometryOf(tasks, surroundings.seed) },
  };
  return {
    family: 'mlp',
    ...place,
    ...told,
    summary: summaryOf(told),
    correlation: [],
    claims: claimsOf(told),
  };
}
