/** @file The legend of a scene: one entry per mark, or per class where points are coloured by class. */
import { classColor, divergingColor, markColor } from './palette';
import type { Mark, Scene } from './scene';
import type { Theme } from './theme';

export interface LegendItem {
  label: string;
  /** A CSS colour. */
  color: string;
  /** How the mark is drawn; a dot when left out. */
  shape?: 'dot' | 'line' | 'dashes' | 'dots' | 'cross' | 'ring' | 'diamond';
}

/** Entries in drawing order, each label once; at most twelve classes, then how many more. */
export function sceneLegend(scene: Scene, theme: Theme): LegendItem[] {
  const items: LegendItem[] = [];
  const add = (item: LegendItem): void => {
    if (!items.some((other) => other.label === item.label)) items.push(item);
  };
  for (const mark of scene.marks) {
    const names = mark.kind === 'points' && mark.classes ? (mark.classNames ?? []) : [];
    if (names.length > 0) {
      names.slice(0, 12).forEach((label, code) => add({ label, color: classColor(code) }));
      if (names.length > 12)
        add({ label: `and ${names.length - 12} more (colours repeat)`, color: theme['ink-third'] });
      continue;
    }
    if (mark.kind === 'cells' && !mark.values.some((value) => value < 0)) {
      add({ label: mark.label, color: divergingColor(1) });
      continue;
    }
    if (mark.kind === 'cells') {
      add({ label: `${mark.label} below 0`, color: divergingColor(-1) });
      add({ label: `${mark.label} above 0`, color: divergingColor(1) });
      continue;
    }
    const pale = (mark.kind === 'line' && mark.opacity < 1) || mark.kind === 'band';
    const own = markColor(mark, theme);
    const color = pale ? `color-mix(in srgb, ${own} 45%, transparent)` : own;
    add({ label: mark.label, color, shape: shapeOf(mark) });
  }
  return items;
}

function shapeOf(mark: Mark): LegendItem['shape'] {
  if (mark.kind === 'points') return mark.shape === undefined || mark.shape === 'spot' ? 'dot' : mark.shape;
  if (mark.kind === 'bins') return mark.outline ? 'dashes' : 'dot';
  if (mark.kind === 'band') return 'dot';
  const stroke = mark.kind === 'polygons' || mark.kind === 'line' ? mark.stroke : 'solid';
  return stroke === 'solid' ? 'line' : stroke === 'dotted' ? 'dots' : 'dashes';
}
