/** @file Answers to save: the report, outlines and memberships as text. */
import { unstandardiseTargets } from '../../../tables/encode';
import { classMembershipCsv } from '../classes/membership';
import type { ConformalConfig } from '../config';
import { quoted } from '../export/csv';
import { fileQuestions as questions } from '../questions/rows';
import type { RowRegions } from '../questions/sets';
import { insideRings, ringsArea } from '../region/rings';
import { reportPage } from '../report/page';
import { scoresOfRun } from '../scores';
import { coverage, hitsOf } from './coverage';
import { overview } from './overview';
import { answers, regression, type SetsContext, type Shown } from './prepared';
import { regionsOf } from './regions';

/** Test rows whose sets the report draws. */
const REPORT_ROWS = 2;

export const files = answers(questions, {
  async file(context, { kind, score, alpha = context.config.alpha, row = 0, ...view }) {
    const what = { row, alpha, score, ...view };
    switch (kind) {
      case 'report':
        return { name: 'report.html', mediaType: 'text/html', text: await reportOf(context) };
      case 'membership': {
        const shown = await context.prepared();
        return csvFile(
          'membership.csv',
          shown.task === 'classification'
            ? classMembershipCsv(shown.split, shown.classes, alpha)
            : await membershipCsv(shown, context.config, alpha),
        );
      }
      case 'geojson':
        return {
          name: `sets-row-${row}.geojson`,
          mediaType: 'application/geo+json',
          text: await regionsGeojson(context, what),
        };
      case 'outline': {
        const answer = await drawn(context, what);
        const { targets } = (await context.prepared()).table;
        const names = (view.pair ?? FIRST_PAIR).map((axis) => targets[axis] ?? '');
        return csvFile(`sets-row-${row}.csv`, outlineCsv(answer, names));
      }
    }
  },
});

/** The report at the run's level. */
export async function reportOf(context: SetsContext): Promise<string> {
  const { config } = context;
  const shown = await regression(context);
  const scores = scoresOfRun(config);
  const count = shown.shape.d >= 2 ? Math.min(REPORT_ROWS, shown.split.test.count) : 0;
  const answers: RowRegions[] = [];
  for (let row = 0; row < count; row++) answers.push(await drawn(context, { row, alpha: config.alpha }));
  return reportPage({
    overview: (await overview.overview.run(context, {}))!,
    compare: await overview.compare.run(context, {}),
    coverage: await coverage.coverage.run(context, { scores }),
    regions: answers,
    settings: config,
    seed: context.seed,
  });
}

/** Per test row: the row of the data set, prediction and truth in data units, and for every score its value and whether the truth is inside. */
export async function membershipCsv(shown: Shown, config: ConformalConfig, alpha: number): Promise<string> {
  const { targets } = shown.table;
  const { test } = shown.predicted;
  const d = targets.length;
  const truth = unstandardiseTargets(shown.encoding, test.rows.y);
  const mean = unstandardiseTargets(shown.encoding, test.prediction.mean!.data as Float32Array);
  const ids = scoresOfRun(config);
  const scores = await Promise.all(ids.map((id) => shown.score(id)));
  const hits = await Promise.all(scores.map((score) => hitsOf(shown, score, alpha)));
  const heading = [
    'row',
    ...targets.map((name) => `predicted ${name}`),
    ...targets,
    ...ids.flatMap((id) => [`${id} score`, `${id} inside`]),
  ];
  const lines = [heading.map(quoted).join(',')];
  for (let row = 0; row < test.rows.count; row++) {
    const own = (values: Float32Array) => [...values.subarray(row * d, (row + 1) * d)];
    const judged = scores.flatMap((score, k) => [score.test[row]!, hits[k]![row]!]);
    lines.push([test.rows.index[row]! + 1, ...own(mean), ...own(truth), ...judged].join(','));
  }
  return `${lines.join('\n')}\n`;
}

/** The sets of one test row as a FeatureCollection: coordinates are the two targets named as axes, in data units. */
export async function regionsGeojson(context: SetsContext, what: Drawn): Promise<string> {
  const answer = await drawn(context, what);
  const { targets } = (await context.prepared()).table;
  const axes = (what.pair ?? FIRST_PAIR).map((axis) => targets[axis] ?? '');
  const features = answer.regions.map(({ score: id, rings, state, inside, area, clipped }) => ({
    type: 'Feature',
    properties: {
      ...{ score: id, state, alpha: what.alpha, row: answer.datasetRow + 1 },
      ...{ axes, inside, area, clipped },
    },
    geometry: {
      type: 'MultiPolygon',
      coordinates: polygonsOf(rings),
    },
  }));
  return JSON.stringify({ type: 'FeatureCollection', features });
}

/** What is drawn into a file; without a score all of them, without a pair the first two targets. */
interface Drawn {
  row: number;
  alpha: number;
  score?: string | undefined;
  pair?: [number, number] | undefined;
  through?: 'slice' | 'projection' | undefined;
}

const FIRST_PAIR: [number, number] = [0, 1];

function drawn(
  context: SetsContext,
  { row, alpha, score, pair = FIRST_PAIR, through = 'slice' }: Drawn,
): Promise<RowRegions> {
  const scores = score === undefined ? scoresOfRun(context.config) : [score];
  return regionsOf(context, { scores, alpha, row, pair, through });
}

function csvFile(name: string, text: string) {
  return { name, mediaType: 'text/csv', text };
}

/** Outlines as polygons with holes: a ring that lies in an odd number of others is a hole of the smallest of them. */
function polygonsOf(rings: readonly Float32Array[]): number[][][][] {
  const sized = rings.map((ring) => ({ ring, area: ringsArea([ring]) }));
  const around = (inner: Float32Array) =>
    sized.filter(({ ring }) => ring !== inner && insideRings([ring], inner[0]!, inner[1]!));
  const polygons = new Map<Float32Array, number[][][]>();
  for (const { ring } of sized) if (around(ring).length % 2 === 0) polygons.set(ring, [pointsOf(ring)]);
  for (const { ring } of sized) {
    const outside = around(ring);
    if (outside.length % 2 === 0) continue;
    const smallest = outside
      .filter(({ ring: outer }) => polygons.has(outer))
      .reduce((best, one) => (one.area < best.area ? one : best));
    polygons.get(smallest.ring)!.push(pointsOf(ring));
  }
  return [...polygons.values()];
}

function pointsOf(ring: Float32Array): number[][] {
  const points = Array.from({ length: ring.length / 2 }, (_, k) => [ring[2 * k]!, ring[2 * k + 1]!]);
  const [first, last] = [points[0]!, points.at(-1)!];
  return first[0] === last[0] && first[1] === last[1] ? points : [...points, first];
}

function outlineCsv(answer: RowRegions, targets: readonly string[]): string {
  const lines = [['score', 'piece', targets[0]!, targets[1] ?? ''].map(quoted).join(',')];
  for (const { score, rings } of answer.regions)
    rings.forEach((ring, piece) => {
      for (let k = 0; k < ring.length; k += 2) lines.push([score, piece + 1, ring[k], ring[k + 1]].join(','));
    });
  return `${lines.join('\n')}\n`;
}
