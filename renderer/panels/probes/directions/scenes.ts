/** @file How alike a task's direction is to those of other tasks, beside two halves of its own items and chance. */
import { plot } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import type { CosineKind, ProbeMatrix } from '../probes.svelte';
import { cosineTitles, spanOf, taskAxis, two } from '../words';

/** A diamond a task for its halves, dots for its cosines to the others. Null without directions. */
export function halvesScene({ tasks, cosine }: ProbeMatrix, kind: CosineKind): Scene | null {
  if (!cosine) return null;
  const halves = cosine.halves[kind];
  const others = tasks.flatMap((_, task) =>
    tasks.flatMap((__, other): [number, number][] => {
      const value = cosine[kind][task * tasks.length + other]!;
      // Dots of one task stand side by side, so that equal ones do not hide each other.
      const aside = ((other + 0.5) / tasks.length - 0.5) * 0.4;
      return other === task || !Number.isFinite(value) ? [] : [[task + 1 + aside, value]];
    }),
  );
  const own = tasks.flatMap((_, task): [number, number][] =>
    Number.isFinite(halves[task]!) ? [[task + 1, halves[task]!]] : [],
  );
  if (others.length === 0 && own.length === 0) return null;
  const across = spanOf(others.map(([, value]) => Math.abs(value)));
  const within = spanOf(own.map(([, value]) => value));
  const words = [
    within && `two halves of a task ${two(within.mean)}`,
    across && `|cosine| across tasks ${two(across.mean)}`,
    `chance ${two(cosine.chanceAbsolute)}`,
  ];
  const reach = 1.96 * cosine.chance;
  return plot({
    title: 'Two halves of a task, and other tasks',
    subtitle: `${cosineTitles[kind].toLowerCase()} · ${words.filter(Boolean).join(' · ')}`,
    x: taskAxis(tasks, 40),
    y: { label: 'cosine', include: [-reach, reach], room: 0.06 },
    marks: [
      { kind: 'zone', label: 'chance', y: [-reach, reach], color: 'series-0', opacity: 0.22 },
      { kind: 'points', label: 'other tasks', points: others, color: 'series-3', opacity: 0.75, radius: 3 },
      {
        ...{ kind: 'points', label: 'same task, two halves', points: own, color: 'series-0' },
        ...{ radius: 5, shape: 'diamond' },
      },
    ],
  });
}
