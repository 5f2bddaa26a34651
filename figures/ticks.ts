/** @file Ticks at round values with short labels, for linear and logarithmic axes. */
import { format } from 'd3-format';
import { scaleLinear } from 'd3-scale';
import type { Axis } from './scene';

export interface Tick {
  value: number;
  label: string;
}

/** The axis's own ticks inside the visible range where it has some, else round values. */
export function axisTicks(axis: Axis, range: [number, number], count: number): Tick[] {
  if (!axis.ticks) return ticks(range, axis.scale, count);
  const inside = axis.ticks.filter((value) => value >= range[0] && value <= range[1]);
  // Half as many again as round values would be: these are short whole numbers.
  const every = Math.max(1, Math.ceil(inside.length / Math.max(2, 1.5 * count)));
  return inside
    .filter((_, i) => i % every === 0)
    .map((value) => ({ value, label: shorten(value, format(',')(value)) }));
}

/** About `count` ticks inside the range; on a log axis the powers of ten, thinned when there are many. */
export function ticks(range: [number, number], scale: Axis['scale'], count: number): Tick[] {
  const wanted = Math.max(2, count);
  if (scale === 'linear') {
    const linear = scaleLinear().domain(range);
    const text = linear.tickFormat(wanted);
    return linear.ticks(wanted).map((value) => ({ value, label: shorten(value, text(value)) }));
  }
  const low = Math.ceil(Math.log10(range[0]) - 1e-9);
  const high = Math.floor(Math.log10(range[1]) + 1e-9);
  if (high - low >= 1) {
    const every = Math.max(1, Math.ceil((high - low + 1) / wanted));
    const exponents = Array.from({ length: high - low + 1 }, (_, i) => low + i).filter(
      (e) => e % every === 0,
    );
    return exponents.map((exponent) => ({ value: 10 ** exponent, label: power(exponent) }));
  }
  // Less than a decade: 1, 2 and 5 where two of them fit, else round values in between.
  const round = [low - 1, low, low + 1].flatMap((exponent) =>
    [1, 2, 5].map((digit) => digit * 10 ** exponent),
  );
  const inside = round.filter((value) => value >= range[0] && value <= range[1]);
  if (inside.length >= 2)
    return inside.map((value) => ({ value, label: shorten(value, format('.3~g')(value)) }));
  const linear = scaleLinear().domain(range);
  return linear
    .ticks(Math.min(4, wanted))
    .filter((value) => value > 0)
    .map((value) => ({ value, label: shorten(value, format('.3~g')(value)) }));
}

function shorten(value: number, text: string): string {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-4)) return format('.2~e')(value).replace('e+', 'e');
  return text;
}

function power(exponent: number): string {
  if (exponent >= -2 && exponent <= 4) return format(',')(10 ** exponent);
  return `1e${exponent}`.replace('-', '−');
}
