/** @file The sets of a single target as a scene: one bar per score, the test targets under them, prediction and truth upright. */
import { plot } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import { insideText, levelText, regionNotes, rowText } from '../words';
import { axisDomains, insideLook, outlines, targetsMark, type RegionParts } from './scene';
import type { ConformalOverview } from '../conformal.svelte';

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
  // A lane for each score from the top down; the engine's bars reach from 0 to 1.
  const laned = regions.map(({ score, rings }, place) => ({
    score,
    rings: rings.map((ring) =>
      ring.map((value, i) => (i % 2 === 0 ? value : lanes - 1 - place + 0.12 + 0.76 * value)),
    ),
  }));
  const { word, color } = insideLook(regions);
  return plot({
    title: `Sets at ${levelText(alpha)}`,
    subtitle: answer
      ? `${rowText(answer.row, overview.testRows.length, answer.datasetRow)}: ${insideText(regions)}`
      : 'drawing the sets …',
    x: { label: overview.targets[0] ?? '', domain: x },
    y: { label: 'one lane per score', domain: [-1, lanes], ticks: [] },
    marks: [
      ...outlines(laned, { lookOf, titleOf }, 0.16),
      targetsMark(targets, overview, 1.8),
      answer && {
        kind: 'rule',
        id: 'mean',
        label: 'prediction',
        x: answer.mean[0]!,
        color: 'ink-second',
        stroke: 'dashed',
      },
      answer && { kind: 'rule', id: 'truth', label: `truth${word}`, x: answer.truth[0]!, color },
    ],
    notes: regionNotes(regions, titleOf),
  });
}

/** Test targets in the lowest lane, spread a little so that crowds are seen. */
function laidOut(overview: ConformalOverview): Float32Array {
  return Float32Array.from({ length: 2 * overview.testRows.length }, (_, k) =>
    k % 2 === 0 ? overview.truth[k >> 1]! : -0.85 + 0.7 * (((k >> 1) * 0.618034) % 1),
  );
}
