/** @file Values counted in bins that all series share, on a linear or logarithmic axis. */
import type { BinsMark, ColorToken, Scene } from './scene';

export interface BinnedSeries {
  id: string;
  label: string;
  values: ArrayLike<number>;
  color: ColorToken;
  /** Dashed outline instead of bars, for what is compared with. */
  outline: boolean;
}

/** Shares in per cent, so that series of different sizes compare; values a log axis cannot show are counted in the subtitle. */
export function histogramScene(options: {
  title: string;
  subtitle: string;
  xLabel: string;
  xScale?: 'linear' | 'log';
  series: readonly BinnedSeries[];
  bins?: number;
  /** What is counted, for the vertical axis: "share of paths". */
  yLabel: string;
}): Scene {
  const { title, xLabel, xScale = 'linear', series, bins = 48, yLabel } = options;
  const warp = xScale === 'log' ? Math.log10 : (v: number): number => v;
  const unwarp = xScale === 'log' ? (v: number): number => 10 ** v : (v: number): number => v;
  const usable = (v: number): boolean => Number.isFinite(v) && (xScale === 'linear' || v > 0);
  let low = Infinity;
  let high = -Infinity;
  let hidden = 0;
  for (const { values } of series) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!usable(value)) {
        hidden++;
        continue;
      }
      low = Math.min(low, warp(value));
      high = Math.max(high, warp(value));
    }
  }
  if (low > high) [low, high] = xScale === 'log' ? [-1, 1] : [0, 1];
  if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
  const grow = (high - low) * 0.02;
  const [start, end] = [low - grow, high + grow];
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => unwarp(start + ((end - start) * i) / bins));
  let top = 0;
  const marks = series.map(({ id, label, values, color, outline }): BinsMark => {
    const heights = new Float64Array(bins);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!usable(value)) continue;
      const bin = Math.floor(((warp(value) - start) / (end - start)) * bins);
      heights[Math.min(bins - 1, Math.max(0, bin))]! += 100 / values.length;
    }
    top = Math.max(top, ...heights);
    return { kind: 'bins', id, label, color, opacity: outline ? 1 : 0.85, edges, heights, outline };
  });
  const note = hidden > 0 ? `${hidden} values that are not positive or not finite left out` : '';
  return {
    title,
    subtitle: [options.subtitle, xScale === 'log' ? note : note.replace('not positive or ', '')]
      .filter(Boolean)
      .join(' · '),
    x: { label: xLabel, scale: xScale, domain: [unwarp(start), unwarp(end)] },
    y: { label: `${yLabel} (%)`, scale: 'linear', domain: [0, top * 1.08 || 1] },
    equalAspect: false,
    marks,
  };
}
