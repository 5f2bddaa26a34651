/** @file Curves over steps as a scene, for export, table and summary. */
import type { ColorToken, LineMark, Scene } from './scene';

/** Of curves that stand behind another. */
export const faintOpacity = 0.3;

export interface Curve {
  id: string;
  label: string;
  x: Float64Array;
  y: Float64Array;
  color: ColorToken;
  /** Another run, shown for comparison. */
  dashed: boolean;
  /** Drawn pale, as the values behind a smoothed curve. */
  faint?: boolean;
}

/** Axes hold every finite value; on a log scale only positive ones count. */
export function curveScene(options: {
  title: string;
  subtitle: string;
  curves: Curve[];
  xLabel: string;
  yLabel: string;
  yScale: 'linear' | 'log';
  xEnd?: number;
}): Scene {
  const { title, subtitle, curves, xLabel, yLabel, yScale, xEnd } = options;
  let left = Infinity;
  let right = -Infinity;
  let low = Infinity;
  let high = -Infinity;
  for (const { x, y } of curves) {
    for (let i = 0; i < x.length; i++) {
      const value = y[i]!;
      if (!Number.isFinite(value) || (yScale === 'log' && value <= 0)) continue;
      if (x[i]! < left) left = x[i]!;
      if (x[i]! > right) right = x[i]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (left > right) [left, right, low, high] = [0, xEnd ?? 1, yScale === 'log' ? 0.1 : 0, 1];
  const end = Math.max(right, xEnd ?? right);
  return {
    title,
    subtitle,
    x: { label: xLabel, scale: 'linear', domain: [Math.min(left, 0), end > 0 ? end : 1] },
    y: { label: yLabel, scale: yScale, domain: padded(low, high, yScale) },
    equalAspect: false,
    marks: curves.map(({ id, label, x, y, color, dashed, faint }): LineMark => ({
      kind: 'line',
      id,
      label,
      x,
      y,
      color,
      stroke: dashed ? 'dashed' : 'solid',
      opacity: faint ? faintOpacity : 1,
    })),
  };
}

function padded(low: number, high: number, scale: 'linear' | 'log'): [number, number] {
  if (scale === 'log') {
    const grow = Math.max(1.12, (high / low) ** 0.05);
    return [low / grow, high * grow];
  }
  const grow = (high - low || Math.abs(high) || 1) * 0.06;
  // A curve that starts near zero is read against zero.
  return [low >= 0 && low < 0.3 * high ? 0 : low - grow, high + grow];
}
