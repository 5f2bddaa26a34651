/** @file The sets of a single target as a scene: one bar per score, the test targets under them, prediction and truth upright. */
import type { ConformalOverview, RegionsAnswer } from '../../../../main/rpc/contract';
import type { Mark, Scene } from '../../../../figures/scene';
import { uprightMark } from '../marks';
import { insideText, levelText, regionNotes, rowText } from '../words';
import { axisDomains, type RegionParts } from './scene';

type Parts = Pick<RegionParts, 'overview' | 'alpha' | 'answer' | 'lookOf' | 'titleOf'>;

/** The engine gives each interval as a bar from 0 to 1; here every score has a lane of its own. */
export function intervalScene({ overview, alpha, answer, lookOf, titleOf }: Parts): Scene {
  const regions = answer?.regions ?? [];
  const lanes = Math.max(1, regions.length);
  const targets = laidOut(overview);
  const level = regions.flatMap(({ rings }) =>
    rings.map((ring) => ring.map((v, i) => (i % 2 === 0 ? v : 0))),
  );
  const [x] = axisDomains(overview, [0, 0], targets, level);
  const marks: Mark[] = regions.flatMap((region, place): Mark[] =>
    region.rings.length === 0
      ? []
      : [
          {
            kind: 'polygons',
            id: `region ${region.score}`,
            label: titleOf(region.score),
            rings: region.rings.map((ring) =>
              ring.map((value, i) => (i % 2 === 0 ? value : lanes - 1 - place + 0.12 + 0.76 * value)),
            ),
            fill: 0.16,
            opacity: 1,
            ...lookOf(region.score),
          },
        ],
  );
  marks.push({
    kind: 'points',
    id: 'targets',
    label: 'test targets',
    points: targets,
    rows: overview.testRows,
    radius: 1.8,
    color: 'ink-third',
    opacity: 0.5,
  });
  if (answer) marks.push(...uprights(answer, [-1, lanes]));
  return {
    title: `Sets at ${levelText(alpha)}`,
    subtitle: answer
      ? `${rowText(answer.row, overview.testRows.length, answer.datasetRow)}: ${insideText(regions)}`
      : 'drawing the sets …',
    x: { label: overview.targets[0] ?? '', scale: 'linear', domain: x },
    y: { label: 'one lane per score', scale: 'linear', domain: [-1, lanes], ticks: [] },
    equalAspect: false,
    marks,
    notes: regionNotes(regions, titleOf),
  };
}

/** Test targets in the lowest lane, spread a little so that crowds are seen. */
function laidOut(overview: ConformalOverview): Float32Array {
  return Float32Array.from({ length: 2 * overview.testRows.length }, (_, k) =>
    k % 2 === 0 ? overview.truth[k >> 1]! : -0.85 + 0.7 * (((k >> 1) * 0.618034) % 1),
  );
}

function uprights({ mean, truth, regions }: RegionsAnswer, lanes: [number, number]): Mark[] {
  const inside = regions.filter((region) => region.inside).length;
  const all = inside === regions.length;
  const color = all ? 'good' : inside === 0 ? 'bad' : 'warn';
  return [
    uprightMark('mean', 'prediction', mean[0]!, lanes, { color: 'ink-second', stroke: 'dashed' }),
    uprightMark(
      'truth',
      `truth${all ? ', inside' : inside === 0 ? ', outside' : ', inside some'}`,
      truth[0]!,
      lanes,
      {
        color,
      },
    ),
  ];
}
