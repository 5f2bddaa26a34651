/** @file Made-up answers of a run of Probes on three tasks, the second the first turned round: the same every time. */
import type { AnswerOf } from '../../main/rpc/contract';
import type { Replies } from './memory-engine';

type Matrix = NonNullable<AnswerOf<'probes', 'matrix'>>;
type Scored = NonNullable<AnswerOf<'probes', 'scores'>>['own'];

export interface MadeUpProbes {
  tasks?: string[];
  /** Blocks that the sweep has come to. */
  swept?: number;
  refused?: boolean;
}

const blocks = [0, 1, 2];
const positions = ['-2', 'last'] as const;

/** AUC of a probe of one task on another: its own well, a sibling turned round, all else by chance. */
function madeUpAuc(train: number, test: number, block: number): number {
  if (train === test) return 0.7 + 0.1 * block;
  return train + test === 1 ? 0.12 : 0.52;
}

function madeUpMatrix(tasks: string[], place: Pick<Matrix, 'family' | 'block' | 'position'>): Matrix {
  const count = tasks.length;
  const pairs = (value: (train: number, test: number) => number): Float64Array =>
    Float64Array.from({ length: count * count }, (_, at) => value(Math.floor(at / count), at % count));
  const each = (value: number): Float64Array => new Float64Array(count).fill(value);
  const values = pairs((train, test) => madeUpAuc(train, test, place.block));
  const plain = pairs((train, test) => (train === test ? 1 : train + test === 1 ? -0.6 : 0.03));
  return {
    ...place,
    tasks,
    auc: { values, low: values.map((one) => one - 0.05), high: values.map((one) => one + 0.05) },
    nullLow: pairs(() => 0.44),
    nullHigh: pairs(() => 0.56),
    meetsNull: Uint8Array.from(values, (one) => Number(Math.abs(one - 0.5) < 0.1)),
    accuracy: pairs(() => 0.8),
    strength: each(1),
    validation: each(0.8),
    cosine: {
      ...{ plain, standardised: plain, mahalanobis: plain, chance: 0.1, chanceAbsolute: 0.08 },
      halves: { plain: each(0.7), standardised: each(0.7), mahalanobis: each(0.7), auc: each(0.8) },
    },
    supports: [
      {
        size: 10,
        jaccard: pairs((train, test) => (train === test ? 1 : 0.2)),
        overlap: pairs(() => 0.3),
        ...{ jaccardChance: 0.05, overlapChance: 0.1 },
      },
    ],
    controls: [
      {
        ...{ id: 'text-only', title: 'Text only', says: 'Words alone.' },
        ...{ values: each(0.55), low: each(0.5), high: each(0.6) },
      },
      {
        ...{ id: 'random-labels', title: 'Random labels', says: 'Labels permuted.' },
        ...{ values: each(0.5), low: each(0.44), high: each(0.56) },
      },
    ],
    summary: {
      ...{ inTaskMean: 0.8, textOnlyMean: 0.55, crossTaskMean: 0.4, crossTaskLow: 0.12, crossTaskHigh: 0.52 },
      ...{ crossTaskDistance: 0.15, crossTaskDistanceChance: 0.04, cosineMean: 0.22, halvesMean: 0.7 },
    },
    correlation: (['plain', 'standardised', 'mahalanobis'] as const).map((cosine) => ({
      ...{ cosine, all: 0.96, withoutSiblings: 0.1, pairs: count * (count - 1), siblings: 2 },
    })),
    siblings: Uint8Array.from(pairs((train, test) => Number(train !== test && train + test === 1))),
    geometry: { silhouetteByTask: 0.41, silhouetteByLabel: 0.02 },
    ...{ rows: new Uint8Array(count).fill(1), whole: true, leads: [] },
    claims: [
      { id: 'in-task', title: 'in-task beats cross-task', verdict: 'holds', count: '3/3', says: 'Counted.' },
    ],
  };
}

function scored(auc: number): Scored {
  const labels = Uint8Array.from({ length: 40 }, (_, item) => item % 2);
  const turned = auc < 0.5 ? -1 : 1;
  return {
    items: Int32Array.from(labels, (_, item) => item),
    scores: Float32Array.from(labels, (label, item) => turned * (label * 2 - 1) + ((item * 7) % 5) / 5 - 0.4),
    labels,
    ...{ auc, low: auc - 0.05, high: auc + 0.05, nullLow: 0.44, nullHigh: 0.56 },
    roc: { falsePositive: Float64Array.of(0, 0.2, 1), truePositive: Float64Array.of(0, auc, 1) },
  };
}

/** What such a run would answer to each query. */
export function probesAnswers({
  tasks = ['larger', 'smaller', 'cities'],
  swept = blocks.length,
  refused = false,
}: MadeUpProbes = {}): Replies<'probes'> {
  const count = tasks.length;
  const sweepOf = (value: (block: number) => number): Float64Array =>
    Float64Array.from({ length: blocks.length * positions.length }, (_, at) => {
      const block = Math.floor(at / positions.length);
      return block < swept ? value(block) - (at % positions.length === 0 ? 0.1 : 0) : NaN;
    });
  return {
    overview: () => ({
      tasks: tasks.map((name) => ({
        ...{ name, mode: 'statement', items: 200, given: 200, baseRate: 0.5 },
        ...{ train: 120, validation: 40, test: 40, groupedBy: 'pair', groups: 100, pairs: null },
      })),
      refused: refused
        ? [{ name: 'rare', given: 90, baseRate: 0.02, code: 'task-base-rate', reason: 'one label has 2 %' }]
        : [],
      ...{ blocks, positions: [...positions], width: 64, families: ['lr-l2', 'mass-mean', 'mlp'] },
      best: swept === blocks.length ? { block: 1, position: 'last', validation: 0.79 } : null,
      protocol: {
        ...{ split: '60/20/20 by group', scores: 'raw', bootstrap: 1000, permutations: 200 },
        ...{ removed: [], balanced: true },
      },
      done: { places: swept, of: blocks.length },
    }),
    sweep: () => ({
      ...{ family: 'lr-l2', blocks, positions: [...positions] },
      auc: sweepOf((block) => 0.7 + 0.1 * block),
      validation: sweepOf((block) => 0.69 + 0.1 * block),
      byTask: Float64Array.from({ length: blocks.length * positions.length * count }, (_, at) => {
        const block = Math.floor(at / (positions.length * count));
        return block < swept ? madeUpAuc(0, 0, block) : NaN;
      }),
    }),
    layers: ({ family, position }) => ({
      ...{ family, position, tasks, blocks },
      inTask: Float64Array.from(blocks, (block) => (block < swept ? 0.7 + 0.1 * block : NaN)),
      crossTask: Float64Array.from(blocks, () => 0.4),
      cosineAbsolute: Float64Array.from(blocks, () => 0.2),
      halves: Float64Array.from(blocks, () => 0.7),
      silhouetteByTask: Float64Array.from(blocks, () => 0.4),
      silhouetteByLabel: Float64Array.from(blocks, () => 0.02),
      auc: Float64Array.from({ length: blocks.length * count * count }, (_, at) =>
        madeUpAuc(Math.floor(at / count) % count, at % count, Math.floor(at / (count * count))),
      ),
      cosine: new Float64Array(blocks.length * count * count).fill(0.03),
    }),
    matrix: (place) => madeUpMatrix(tasks, place),
    scores: ({ train, test, block }) => ({
      ...{ train: tasks[train]!, test: tasks[test]!, own: scored(madeUpAuc(train, train, block)) },
      other: scored(madeUpAuc(train, test, block)),
      threshold: 0.1,
      remark:
        madeUpAuc(train, test, block) < 0.3 ? 'Far below chance: it transfers with its sign flipped.' : '',
      platt: [
        { labels: 0, accuracy: 0.4, calibrationError: 0.2 },
        { labels: 20, accuracy: 0.9, calibrationError: 0.05 },
      ],
    }),
    worst: ({ train, test, groupBy }) => ({
      ...{ train: tasks[train]!, test: tasks[test]!, wrong: 2, total: 40 },
      items: [
        { item: 3, text: 'Fifty is smaller than two.', label: 0, score: 4.3, group: 'pair 1' },
        { item: 8, text: 'Two is smaller than fifty.', label: 1, score: -3.9, group: 'pair 2' },
      ],
      groups:
        groupBy === 'none'
          ? []
          : [
              { name: 'pair 1', wrong: 1, total: 2, meanScore: 4.3 },
              { name: 'pair 2', wrong: 1, total: 2, meanScore: -3.9 },
            ],
    }),
    mixtures: (place) => {
      const interval = (value: number) => ({
        values: new Float64Array(count).fill(value),
        low: new Float64Array(count).fill(value - 0.05),
        high: new Float64Array(count).fill(value + 0.05),
      });
      return {
        ...{ ...place, tasks, own: interval(0.9), union: interval(0.53), mean: interval(0.5) },
        ...{ gate: interval(0.5), oracle: interval(0.8), r2Chance: 0.03 },
        r2: new Float64Array(count).fill(0.3),
        angle: new Float64Array(count).fill(57),
        r2NonNegative: new Float64Array(count).fill(0.1),
      };
    },
    direction: ({ train, block }) => ({
      ...{ name: `${tasks[train]!} (lr-l2)`, hook: `resid_post:${block}`, gap: 1.5, threshold: 0.2 },
      values: Float32Array.of(0.6, 0.8),
      file: { name: `direction.${tasks[train]!}.safetensors`, bytes: Uint8Array.of(1, 2) },
    }),
  };
}
