/** @file A projection as a scene: points by class, those outside the selection dimmed. */
import { count, number } from '../../../figures/format';
import { extentOf, type PointsMark, type Scene } from '../../../figures/scene';
import type { ClassColumn, ProjectionAnswer } from '../../../main/rpc/contract';

interface CloudOptions {
  title: string;
  source: string;
  answer: ProjectionAnswer & { points: Float32Array };
  /** Rows there are. */
  total: number;
  colour: ClassColumn | null;
  chosen: ReadonlySet<number>;
  stopped: boolean;
}

/** Below this many points each is drawn larger. */
const FEW = 5000;
const MANY = 30_000;

export function cloudScene({ title, source, answer, total, colour, chosen, stopped }: CloudOptions): Scene {
  const { points, rows, axes, explained } = answer;
  const share = (axis: 0 | 1) => (explained ? ` (${number(100 * explained[axis])} %)` : '');
  const [left, right, bottom, top] = extentOf([points], 0.06);
  const radius = rows.length > MANY ? 1.2 : rows.length > FEW ? 1.6 : 2.4;
  const codes = colour && Int32Array.from(rows, (row) => colour.codes[row] ?? -1);
  const base = {
    kind: 'points' as const,
    color: 'series-1' as const,
    radius,
    classNames: colour?.names ?? [],
  };
  const whole = (): PointsMark => ({
    ...base,
    ...{ id: 'rows', label: 'rows', points, rows, classes: codes, opacity: rows.length > MANY ? 0.55 : 0.8 },
  });
  const parted = (inside: boolean): PointsMark => {
    const kept = [...rows.keys()].filter((at) => chosen.has(rows[at]!) === inside);
    const part = new Float32Array(2 * kept.length);
    kept.forEach((at, k) => part.set(points.subarray(2 * at, 2 * at + 2), 2 * k));
    return {
      ...base,
      ...(inside
        ? { id: 'chosen', label: 'selected', opacity: 1 }
        : { id: 'others', label: 'others', opacity: 0.22 }),
      points: part,
      rows: Uint32Array.from(kept, (at) => rows[at]!),
      classes: codes && Int32Array.from(kept, (at) => codes[at]!),
    };
  };
  // Places of these have no unit and no scale: only who is near whom is meant.
  const bare = /^(UMAP|t-SNE)/.test(axes[0]) ? { ticks: [] } : {};
  return {
    title,
    subtitle: subtitleOf(answer, source, total, stopped),
    x: { label: `${axes[0]}${share(0)}`, scale: 'linear', domain: [left, right], ...bare },
    y: { label: `${axes[1]}${share(1)}`, scale: 'linear', domain: [bottom, top], ...bare },
    equalAspect: explained !== null,
    marks: chosen.size === 0 ? [whole()] : [parted(false), parted(true)],
  };
}

/** What is shown: how many of how many, fitted on what, how far. */
export function subtitleOf(
  { rows, fittedOn, repeated, progress }: ProjectionAnswer,
  source: string,
  total: number,
  stopped: boolean,
): string {
  const shown =
    rows.length === total
      ? `showing all ${count(total)}`
      : `showing ${count(rows.length)} of ${count(total)}`;
  const parts = [shown, source, fittedOn.startsWith('nothing') ? 'values as they are' : `fit on ${fittedOn}`];
  if (repeated > 0) parts.push(`${count(repeated)} repeat an earlier row`);
  if (progress.phase !== 'done') parts.push(`${stopped ? 'stopped at ' : ''}${progressText(progress)}`);
  return parts.join(' · ');
}

const phases = {
  components: 'principal components',
  neighbours: 'nearest neighbours',
  graph: 'graph of neighbours',
  layout: 'layout',
  done: 'done',
};

/** "layout 120 of 200". */
export function progressText({ phase, done, total }: ProjectionAnswer['progress']): string {
  return total > 1 ? `${phases[phase]} ${count(done)} of ${count(total)}` : phases[phase];
}
