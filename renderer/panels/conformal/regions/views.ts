/** @file Other views of a set: full conformal prediction of two residuals beside it, and its surface in three targets. */
import type { MeshPicture } from '../../../../figures/mesh';
import { plot } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import type { Theme } from '../../../../figures/theme';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import type { Answer, ConformalScoreId, Looks } from '../conformal.svelte';

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
