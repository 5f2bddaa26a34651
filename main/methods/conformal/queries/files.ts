/** @file Answers to save: the report, outlines and memberships as text. */
import { unstandardiseTargets } from '../../../tables/encode';
import { classMembershipCsv } from '../classes/sets';
import type { ConformalConfig } from '../config';
import { csvText } from '../export/csv';
import { questions, type RegionsRequest, type RowRegions } from '../questions';
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
    const file = (name: string, mediaType: string, text: string) => ({ name, mediaType, text });
    switch (kind) {
      case 'report':
        return file('report.html', 'text/html', await reportOf(context));
      case 'membership': {
        const shown = await context.prepared();
        const text =
          shown.task === 'classification'
            ? classMembershipCsv(shown.split, shown.classes, alpha)
            : await membershipCsv(shown, context.config, alpha);
        return file('membership.csv', 'text/csv', text);
      }
      case 'geojson':
        return file(`sets-row-${row}.geojson`, 'application/geo+json', await regionsGeojson(context, what));
      case 'outline':
        return file(`sets-row-${row}.csv`, 'text/csv', outlineCsv(await drawn(context, what)));
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
  const hits = await Promise.all(scores.map((score) => hitsOf(score, alpha)));
  const heading = [
    ...['row', ...targets.map((name) => `predicted ${name}`), ...targets],
    ...ids.flatMap((id) => [`${id} score`, `${id} inside`]),
  ];
  const lines = Array.from(test.rows.index, (datasetRow, row) => {
    const own = (values: Float32Array) => values.subarray(row * d, (row + 1) * d);
    const judged = scores.flatMap((score, k) => [score.test[row]!, hits[k]![row]!]);
    return [datasetRow + 1, ...own(mean), ...own(truth), ...judged];
  });
  return csvText([heading, ...lines]);
}

/** The sets of one test row as a FeatureCollection: coordinates are the two targets named as axes, in data units. */
export async function regionsGeojson(context: SetsContext, what: Drawn): Promise<string> {
  const { datasetRow, regions, axes } = await drawn(context, what);
  const features = regions.map(({ score, rings, state, inside, area, clipped }) => ({
    type: 'Feature',
    properties: { score, state, alpha: what.alpha, row: datasetRow + 1, axes, inside, area, clipped },
    geometry: { type: 'MultiPolygon', coordinates: polygonsOf(rings) },
  }));
  return JSON.stringify({ type: 'FeatureCollection', features });
}

/** What is drawn into a file; without a score all of them, without a pair the first two targets. */
type Drawn = Partial<Omit<RegionsRequest, 'scores'>> & {
  row: number;
  alpha: number;
  score?: string | undefined;
};

/** The sets, with the names of the two targets. */
async function drawn(
  context: SetsContext,
  { row, alpha, score, pair = [0, 1], through = 'slice' }: Drawn,
): Promise<RowRegions & { axes: string[] }> {
  const scores = score === undefined ? scoresOfRun(context.config) : [score];
  const answer = await regionsOf(context, { scores, alpha, row, pair, through });
  const { targets } = (await context.prepared()).table;
  return { ...answer, axes: pair.map((axis) => targets[axis] ?? '') };
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

function outlineCsv({ regions, axes }: Awaited<ReturnType<typeof drawn>>): string {
  const lines = regions.flatMap(({ score, rings }) =>
    rings.flatMap((ring, piece) =>
      Array.from({ length: ring.length / 2 }, (_, k) => [score, piece + 1, ring[2 * k]!, ring[2 * k + 1]!]),
    ),
  );
  return csvText([['score', 'piece', ...axes], ...lines]);
}
