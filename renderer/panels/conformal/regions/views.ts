/** @file Other views of a set: the map that shapes it, full conformal prediction beside it, and its surface in three targets. */
import type { MeshPicture } from '../../../../figures/mesh';
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import type { Theme } from '../../../../figures/theme';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import type { Answer, ConformalScoreId, Looks } from '../conformal.svelte';

type TransportMap = Answer<'transport'>;

/** Shades of rank; more cannot be told apart. */
const shades = 8;

/** Marks of [n, 2] points in shades of their rank, 0 to 1; points of a shade share a mark. */
export function rankMarks(id: string, points: Float32Array, ranks: Float32Array): MarkOptions[] {
  const groups: number[][] = Array.from({ length: shades }, () => []);
  ranks.forEach((rank, i) => {
    const shade = Math.min(shades - 1, Math.max(0, Math.floor(rank * shades)));
    groups[shade]!.push(points[2 * i]!, points[2 * i + 1]!);
  });
  const marks = groups.map((group, shade): MarkOptions => ({
    kind: 'points',
    id: `${id} ${shade}`,
    // Two entries in the legend say enough of a scale.
    label: shade < shades / 2 ? 'rank below .5' : 'rank above .5',
    points: Float32Array.from(group),
    radius: 1.8,
    tone: 0.1 + (0.85 * (shade + 0.5)) / shades,
    opacity: 0.9,
  }));
  return marks.filter((_, shade) => groups[shade]!.length > 0);
}

/** Standardised residuals of the fit rows, coloured by the rank ‖T‖ that the map gives them. */
export function cloudScene(answer: TransportMap): Scene {
  const { cloud, ranks } = answer;
  return plot({
    title: 'Residuals by rank',
    subtitle: `${formatCount(ranks.length)} fit rows, first two coordinates, standardised`,
    x: { label: 'residual 1', room: 0.06, flat: 1 },
    y: { label: 'residual 2', room: 0.06, flat: 1 },
    equalAspect: true,
    marks: rankMarks('cloud', cloud, ranks),
  });
}

/** Their images in the unit ball, over the reference points. */
export function ballScene(answer: TransportMap): Scene {
  const { images, ranks, reference, epsilon, iterations } = answer;
  const circle = (k: number): number => (2 * Math.PI * k) / 96;
  return plot({
    title: 'Carried to the ball',
    subtitle: `entropic map, ε ${formatNumber(epsilon)}, ${formatCount(iterations)} iterations · distance to the centre is the rank`,
    x: { label: 'T 1', domain: [-1.08, 1.08] },
    y: { label: 'T 2', domain: [-1.08, 1.08] },
    equalAspect: true,
    marks: [
      {
        kind: 'points',
        label: 'reference points',
        points: reference,
        radius: 0.8,
        color: 'series-0',
        opacity: 0.35,
      },
      ...rankMarks('images', images, ranks),
      {
        kind: 'line',
        label: 'rank 1',
        x: Float64Array.from({ length: 97 }, (_, k) => Math.cos(circle(k))),
        y: Float64Array.from({ length: 97 }, (_, k) => Math.sin(circle(k))),
        color: 'ink-third',
        opacity: 0.7,
      },
    ],
  });
}

/** Whether the set is bounded, as far as probing tells: in words, and whether it needs a look. */
export function leakText(answer: TransportMap): { text: string; good: boolean } {
  const { leak, saturated } = answer;
  const leaks = leak.filter(({ share }) => share > 0);
  if (leaks.length > 0) {
    const worst = leaks.reduce((most, one) => (one.share > most.share ? one : most));
    return {
      text: `The set leaks: ${formatNumber(100 * worst.share)} % of the directions at ${formatNumber(worst.factor)} times the largest residual are still inside. More directions or a tail guard close it.`,
      good: false,
    };
  }
  if (saturated)
    return {
      text: 'The radius lies where the map is flat: the set is as large as the map can tell. A larger ε or the tail guard helps.',
      good: false,
    };
  const factors = leak.map(({ factor }) => formatNumber(factor));
  return {
    text: `No leak: no direction at ${factors.join(', ')} times the largest residual is inside, and the radius lies where the map still rises.`,
    good: true,
  };
}

/** What is shown, in the words of the figure. */
export const transductiveText =
  'Full conformal: every cell is a candidate that was put beside the residuals and assigned to the ball with them; orange cells are accepted. No rows are set aside, and each candidate costs an assignment of its own.';

/** What each candidate's own assignment accepts, under the outline of the split set. */
export function transductiveScene(answer: Answer<'transductive'>, targets: readonly string[]): Scene {
  const { accepted, grid, extent, points, radius, rings } = answer;
  const [left, right, bottom, top] = extent;
  const share = accepted.reduce((sum, one) => sum + one, 0) / Math.max(1, accepted.length);
  const area = share * (right - left) * (top - bottom);
  return plot({
    title: 'Full conformal',
    subtitle: `${formatCount(points.length / 2)} residuals, ${formatCount(grid)} × ${formatCount(grid)} candidates · accepted where the rank is at most ${formatNumber(radius)} · area ${formatNumber(area)}`,
    x: { label: `residual of ${targets[0] ?? 'the first target'}`, domain: [left, right] },
    y: { label: `residual of ${targets[1] ?? 'the second target'}`, domain: [bottom, top] },
    notes: share === 1 ? ['Every candidate is accepted: this level asks for more residuals than these'] : [],
    marks: [
      {
        kind: 'cells',
        label: 'accepted',
        grid,
        extent,
        values: Float32Array.from(accepted),
        limit: 1,
        color: 'ink',
        opacity: 0.35,
      },
      { kind: 'polygons', label: 'split set of the same residuals', rings },
      { kind: 'points', label: 'residuals', points, radius: 2, color: 'ink-second', opacity: 0.8 },
    ],
  });
}

/** The surface of a set in space, with the prediction and the truth. Null where everything, or nothing, is in the set. */
export function meshPicture(
  { state, positions, triangles, mean, truth }: Answer<'mesh'>,
  score: ConformalScoreId,
  axes: readonly string[],
  { lookOf, titleOf }: Looks,
  theme: Theme,
): MeshPicture | null {
  if (state !== 'set') return null;
  return {
    title: `${titleOf(score)} in space`,
    subtitle: `${formatCount(triangles.length / 3)} triangles · cross: prediction, dot: truth · drag to turn`,
    positions,
    triangles,
    axes,
    color: theme[lookOf(score).color],
    points: [
      { at: mean, label: 'prediction', shape: 'cross', color: theme.ink },
      { at: truth, label: 'truth', shape: 'spot', color: theme.warn },
    ],
  };
}
