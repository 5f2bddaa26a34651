/** @file Made-up answers of a Conformal sets run, as its queries give them: plausible shapes, the same every time. */
import type { AnswerOf, ArgumentsOf } from '../../main/rpc/contract';
import type { Replies } from './memory-engine';
import { area, bell, globe, holds, outline, reach, scattered, transductive } from './memory-shapes';

type CompareAnswer = AnswerOf<'conformal', 'compare'>;
type ConditionalAnswer = AnswerOf<'conformal', 'conditional'>;
type ConformalOverview = NonNullable<AnswerOf<'conformal', 'overview'>>;
type ConformalScoreInfo = ConformalOverview['scores'][number];
type ConformalScoreId = ConformalScoreInfo['id'];
type RegionsAnswer = AnswerOf<'conformal', 'regions'>;
type RegionsRequest = ArgumentsOf<'conformal', 'regions'>;

export interface MadeUp {
  targets?: number;
  rows?: number;
  classes?: boolean;
  drift?: boolean;
}

function info<Id extends ConformalScoreId>(
  id: Id,
  title: string,
  help: string,
  change: Partial<ConformalScoreInfo> = {},
): ConformalScoreInfo & { id: Id } {
  return {
    title,
    help,
    source: 'section 2.1',
    guarantee: 'exact',
    fixedShape: true,
    exportable: true,
    facts: { 'fit seconds': 0.12 },
    ...change,
    id,
  };
}

const regression = [
  info('l2', 'L2 ball', 'Distance to the prediction: a ball.'),
  info('maxStd', 'Scaled box', 'Largest error relative to its spread: a box.'),
  info('mahalanobis', 'Ellipsoid', 'Mahalanobis distance with one covariance: an ellipsoid.'),
  info('localEllipsoid', 'Local ellipsoid', 'Ellipsoids that follow the noise.', { fixedShape: false }),
  info('otcp', 'OTCP', 'Rank under an entropic transport map to the ball.', {
    facts: { 'fit seconds': 1.4, iterations: 51, 'marginal error': 0.0087 },
  }),
  info('otcpLocal', 'OT-CP+', 'Rank under the map of nearby rows.', {
    guarantee: 'asymptotic',
    fixedShape: false,
  }),
  info('copula', 'Copula box', 'A box; no exact guarantee.', { guarantee: 'none', exportable: false }),
];
const classification = [
  info('otcp', 'OTCP', 'Rank of the score vector.'),
  info('ip', 'Inverse probability', '1 − the predicted probability.'),
  info('aps', 'APS', 'Mass of the classes at least as likely.'),
];

/** The ids that are asked for among those of a run. */
function chosen<Id extends ConformalScoreId>(asked: readonly string[], infos: readonly { id: Id }[]): Id[] {
  return asked.flatMap((id) => infos.find((one) => one.id === id)?.id ?? []);
}

/** What a run of two (or more) targets, or of three classes, would answer to each query. */
export function conformalAnswers({ targets = 2, rows = 154, classes = false, drift = false }: MadeUp = {}) {
  const d = classes ? 1 : targets;
  const unit = Float32Array.from({ length: d }, (_, k) => 3 + 2 * k);
  const mean = Float32Array.from({ length: rows * d }, (_, i) => 20 + 4 * bell(i + 7) * unit[i % d]!);
  const truth = mean.map(
    (value, i) =>
      value + 0.8 * unit[i % d]! * bell(1000 + i) + 0.4 * unit[i % d]! * bell(2000 + Math.floor(i / d)),
  );
  const overview: ConformalOverview = {
    task: classes ? 'classification' : 'regression',
    targets: classes ? ['species'] : Array.from({ length: d }, (_, k) => `Y${k + 1}`),
    rows: { train: 384, fit: 115, calibration: 115, test: rows },
    alpha: 0.1,
    smallestAlpha: 1 / 116,
    scores: classes ? classification : regression,
    testRows: Uint32Array.from({ length: rows }, (_, i) => 5 * i + 2),
    truth,
    limits: Float32Array.from({ length: 2 * d }, (_, k) => 20 + (k % 2 === 0 ? -1 : 1) * 8 * unit[k >> 1]!),
    drift,
  };

  const regions = ({ scores, alpha, row, pair }: RegionsRequest): RegionsAnswer => {
    const own = (values: Float32Array): number[] => [...values.subarray(row * d, row * d + d)];
    const [x, y] = pair;
    const everything = alpha < overview.smallestAlpha;
    return {
      row,
      datasetRow: overview.testRows[row]!,
      mean: own(mean),
      truth: own(truth),
      regions: chosen(scores, regression).map((score): RegionsAnswer['regions'][number] => {
        if (everything)
          return {
            score,
            state: 'everything',
            rings: [],
            clipped: false,
            inside: true,
            others: rows - 1,
            area: null,
          };
        const ring = Float32Array.from(
          outline(score, alpha, row).flatMap(([u, v]) => [
            mean[row * d + x]! + u * unit[x]!,
            mean[row * d + y]! + v * unit[y]!,
          ]),
        );
        const inside = (other: number): boolean => holds(ring, truth[other * d + x]!, truth[other * d + y]!);
        const others = Array.from({ length: rows }, (_, other) => other).filter(
          (other) => other !== row && inside(other),
        );
        return {
          score,
          state: 'set',
          rings: [ring],
          clipped: false,
          inside: inside(row),
          others: others.length,
          area: area(ring),
        };
      }),
    };
  };

  return {
    overview: () => overview,
    regions,
    mesh: ({ score, alpha, row }) => {
      const state = alpha < overview.smallestAlpha ? 'everything' : 'set';
      const own = (values: Float32Array): number[] => [...values.subarray(row * d, row * d + d)];
      return {
        state,
        ...globe(own(mean), unit, reach(chosen([score], regression)[0]!, alpha)),
        mean: own(mean),
        truth: own(truth),
      };
    },
    contours: ({ row, pair, alpha }) => {
      const levels = [0.2, 0.5, 0.8, 1 - alpha];
      const lines = levels.map(
        (level) =>
          regions({ scores: ['otcp'], alpha: 1 - level, row, pair, through: 'slice' }).regions[0]!.rings[0] ??
          new Float32Array(),
      );
      return { levels, lines };
    },
    coverage: ({ scores }) => {
      const levels = Float64Array.from({ length: 50 }, (_, k) => 0.5 + k / 100);
      const error = (level: number): number => 1.96 * Math.sqrt((level * (1 - level)) / 65);
      return {
        levels,
        curves: chosen(scores, classes ? classification : regression).map((score, k) => ({
          score,
          coverage: levels.map((level, i) => Math.min(1, level + 0.5 * error(level) * Math.sin(i / 7 + k))),
        })),
        low: levels.map((level) => level - error(level)),
        high: levels.map((level) => Math.min(1, level + error(level))),
        band: [0.81, 0.965],
        calibration: 115,
        test: rows,
      };
    },
    scoresOf: ({ alpha }) => {
      const edges = Float64Array.from({ length: 25 }, (_, k) => k / 24);
      const hill = (shift: number): Float64Array =>
        Float64Array.from({ length: 24 }, (_, k) =>
          Math.round(30 * Math.exp(-(((k - 12 - shift) / 6) ** 2))),
        );
      return {
        edges,
        calibration: hill(0),
        test: hill(0.6),
        radius: alpha < 1 / 116 ? null : 1 - alpha * 0.9,
        p: 0.42,
      };
    },
    transport: () => {
      const count = 115;
      const images = Float32Array.from({ length: 2 * count }, (_, i) => {
        const k = i >> 1;
        const angle = 2 * Math.PI * scattered(k + 50);
        return ((k + 1) / count) * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
      });
      return {
        cloud: images.map((value, i) => value * (1 + 0.3 * Math.sin(i >> 1)) * (i % 2 === 0 ? 0.9 : 0.6)),
        ranks: Float32Array.from({ length: count }, (_, k) => (k + 1) / count),
        images,
        reference: Float32Array.from({ length: 2 * 512 }, (_, i) => {
          const k = i >> 1;
          const angle = 2.39996 * k;
          return ((1 + (k % 16)) / 16) * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
        }),
        leak: [1.5, 3, 10].map((factor) => ({ factor, share: 0 })),
        epsilon: 0.03,
        iterations: 51,
        marginalError: 0.0087,
        saturated: false,
      };
    },
    sizes: ({ scores, alpha }) => {
      return {
        d,
        logUnit: unit.reduce((sum, one) => sum + Math.log(one), 0),
        sizes: chosen(scores, regression).map((score) => {
          const fixed = regression.find(({ id }) => id === score)?.fixedShape ?? true;
          const size = d * Math.log(2 * reach(score, alpha));
          return {
            score,
            state: alpha < overview.smallestAlpha ? 'everything' : 'set',
            logVolume: Float64Array.from({ length: rows }, (_, k) => size + (fixed ? 0 : 0.5 * bell(k))),
            effective: score === 'otcp' ? 130 : null,
          };
        }),
      };
    },
    conditional: ({ alpha }) => conditional(alpha, rows),
    compare: () => compare(overview),
    drift: () => ({
      rows: 300,
      coverage: 0.84,
      band: [0.87, 0.93],
      p: 0.0004,
      features: [{ feature: 'height', p: 1e-6 }],
      edges: Float64Array.of(0, 0.25, 0.5, 0.75, 1),
      calibration: Float64Array.of(20, 40, 40, 15),
      second: Float64Array.of(30, 80, 110, 80),
    }),
    classes: ({ scores }) => ({
      classes: ['setosa', 'versicolor', 'virginica'],
      scores: chosen(scores, classification).map((score, k) => ({
        score,
        radius: 0.8 - k / 10,
        coverage: 0.9 + k / 100,
        meanSize: 1.2 + k / 5,
        singletons: 0.8 - k / 10,
        coverageByClass: [0.97, 0.84, 0.9 - k / 50],
        sizes: [3, 110 - 10 * k, 30 + 5 * k, 11 + 5 * k],
      })),
    }),
    classSets: ({ row }) => ({
      truth: row % 3,
      probabilities: [0.08, 0.62, 0.3],
      sets: classification.map(({ id }, k) => ({
        score: id,
        members: [k === 2, true, k > 0],
      })),
    }),
    transductive: ({ alpha, points }) => transductive(alpha, points),
    file: ({ kind }) => ({
      name: `${kind}.txt`,
      mediaType: 'text/plain',
      text: 'made up',
    }),
  } satisfies Replies<'conformal'>;
}

function conditional(alpha: number, rows: number): ConditionalAnswer {
  const along = Float32Array.from({ length: rows }, (_, k) => 2 * bell(k + 300));
  const missed = Uint8Array.from(along, (value, k) =>
    scattered(k + 900) < alpha * (value > 1 ? 2.6 : 0.7) ? 1 : 0,
  );
  const hits = 1 - missed.reduce((sum, one) => sum + one, 0) / rows;
  return {
    target: 1 - alpha,
    coverage: hits,
    ert: 0.031,
    ertChance: [0, 0.008],
    slab:
      rows < 400
        ? null
        : {
            coverage: 0.74,
            interval: [0.68, 0.8],
            chance: { mean: 0.84, low: 0.8, high: 0.88 },
            low: 1,
            high: 3,
            weights: [
              { feature: 'height', weight: 0.71 },
              { feature: 'area', weight: -0.52 },
            ],
            share: 0.21,
          },
    along,
    missed,
    clusters: [0.94, 0.91, 0.78, 0.92, 0.89].map((coverage) => ({
      count: 30,
      coverage,
      low: coverage - 0.09,
      high: Math.min(1, coverage + 0.07),
    })),
    bins: ['area', 'height', 'glazing'].map((feature, k) => ({
      feature,
      edges: [0, 1, 2, 3, 4, 5],
      coverage: [0.95, 0.93, 0.9, 0.88 - k / 40, 0.78 + k / 20],
      counts: [31, 31, 31, 31, 30],
    })),
    misses: [
      { target: 'Y1', below: 4, above: 9 },
      { target: 'Y2', below: 3, above: 2 },
    ],
    cecX: 0.32,
    cecZ: null,
  };
}

function compare({ scores, targets, alpha }: ConformalOverview): CompareAnswer {
  const values = (from: number, spread: number, place: number): Float64Array =>
    Float64Array.from({ length: 5 }, (_, k) => from + spread * bell(40 * place + k));
  return {
    d: targets.length,
    alpha,
    band: [0.81, 0.965],
    repeats: 5,
    rows: scores.map(({ id, guarantee }, k) => ({
      score: id,
      guarantee,
      coverage: values(0.9 + k / 200, 0.02, k),
      logVolume: id === 'copula' ? new Float64Array(5).fill(NaN) : values(1 - k / 5, 0.1, k + 9),
      worstSlab: new Float64Array(5).fill(NaN),
      ert: values(0.04 - k / 300, 0.004, k + 20),
      cecX: values(0.4 - k / 40, 0.05, k + 30),
      fitSeconds: values(0.1 + k, 0.01, k),
      queryMilliseconds: values(0.02 + k / 10, 0.001, k),
    })),
  };
}
