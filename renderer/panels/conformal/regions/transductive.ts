/** @file Full conformal prediction of two residuals as a scene: what each candidate's own assignment accepts, under the split set's outline. */
import type { AnswerOf } from '../../../../main/rpc/contract';
import { plot } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';

type TransductiveAnswer = AnswerOf<'conformal', 'transductive'>;

/** What is shown, in the words of the figure. */
export const transductiveText =
  'Full conformal: every cell is a candidate that was put beside the residuals and assigned to the ball with them; orange cells are accepted. No rows are set aside, and each candidate costs an assignment of its own.';

export function transductiveScene(answer: TransductiveAnswer, targets: readonly string[]): Scene {
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
        id: 'accepted',
        label: 'accepted',
        grid,
        extent,
        values: Float32Array.from(accepted),
        limit: 1,
        color: 'ink',
        opacity: 0.35,
      },
      {
        kind: 'polygons',
        id: 'split',
        label: 'split set of the same residuals',
        rings,
      },
      {
        kind: 'points',
        id: 'residuals',
        label: 'residuals',
        points,
        radius: 2,
        color: 'ink-second',
        opacity: 0.8,
      },
    ],
  });
}
