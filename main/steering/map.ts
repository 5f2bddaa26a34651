/** @file The one operator of steering: made, checked, and applied slowly in double precision, the reference of every graph that has it. */
import { MongeError } from '../../native-models/error';
import type { HookMap, Steering, SteeringForm } from '../contract/steering';

/** The ends of a support without ends, as the released code has it: a value at or beyond ±1e6 passes through. */
export const NO_END = 1e6;

/** What a map is made of; what is left out steers every unit, everywhere. */
export interface MapParts {
  hook: string;
  w: ArrayLike<number>;
  beta: ArrayLike<number>;
  lo?: ArrayLike<number>;
  hi?: ArrayLike<number>;
  units?: ArrayLike<number>;
  form?: SteeringForm;
}

/**
 * A checked map in 32 bits from numbers of any precision. Units that are not steered get the identity (w = 1, β = 0), so that
 * what is stored never depends on a mask being respected.
 * @throws `steering-map`, `steering-form` as `checkMap`
 */
export function makeMap({ hook, w, beta, lo, hi, units, form = 'interpolate' }: MapParts): HookMap {
  const width = w.length;
  const on = Uint8Array.from({ length: width }, (_, unit) => (units ? Number(units[unit] !== 0) : 1));
  const map: HookMap = {
    hook,
    w: Float32Array.from({ length: width }, (_, unit) => (on[unit] ? w[unit]! : 1)),
    beta: Float32Array.from({ length: beta.length }, (_, unit) => (on[unit] === 0 ? 0 : beta[unit]!)),
    lo: lo ? Float32Array.from(lo) : new Float32Array(width).fill(-NO_END),
    hi: hi ? Float32Array.from(hi) : new Float32Array(width).fill(NO_END),
    units: on,
    form,
  };
  checkMap(map);
  return map;
}

/** The map that changes nothing. */
export function identityMap(hook: string, width: number): HookMap {
  return makeMap({ hook, w: new Float32Array(width).fill(1), beta: new Float32Array(width) });
}

/**
 * @throws `steering-map` where arrays differ in length or a value is not finite, naming hook and unit;
 *   `steering-form` where a map that adds a direction would also scale
 */
export function checkMap(map: HookMap, width = map.w.length): void {
  for (const name of ['w', 'beta', 'lo', 'hi', 'units'] as const) {
    const values = map[name];
    const place = `${map.hook} ${name}`;
    if (values.length !== width)
      throw mapError('steering-map', 'an array of the map has another width', place, {
        got: `${values.length} values`,
        expected: String(width),
      });
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw mapError('steering-map', 'a value of the map is no number', `${place}[${bad}]`, {
        got: String(values[bad]),
        expected: 'a finite number',
        help: 'the samples may hold NaN, or values too large for 32 bits; capture them at fp32',
      });
  }
  if (map.form !== 'add') return;
  const scaled = map.w.findIndex((value) => value !== 1);
  if (scaled >= 0)
    throw mapError('steering-form', 'a map that adds a direction cannot scale', `${map.hook} w[${scaled}]`, {
      got: String(map.w[scaled]),
      expected: '1',
      help: 'give it the form interpolate',
    });
}

/**
 * The strength of every map, in their order.
 * @throws `steering-lambda` where one is not finite or there are not as many as maps, `steering-hooks` where a hook has two maps,
 *   and what `checkMap` throws
 */
export function checkSteering({ maps, lambda }: Steering): number[] {
  maps.forEach((map) => checkMap(map));
  const hooks = maps.map(({ hook }) => hook);
  const twice = hooks.find((hook, at) => hooks.indexOf(hook) !== at);
  if (twice !== undefined)
    throw mapError('steering-hooks', 'two maps are for the same hook', twice, {
      expected: 'one map per hook',
    });
  const strengths = typeof lambda === 'number' ? maps.map(() => lambda) : [...lambda];
  const bad = strengths.find((strength) => !Number.isFinite(strength));
  if (bad !== undefined || strengths.length !== maps.length)
    throw mapError('steering-lambda', 'the strengths do not fit the maps', 'lambda', {
      got: bad === undefined ? `${strengths.length} strengths` : String(bad),
      expected: `a finite number, or ${maps.length} of them`,
    });
  return strengths;
}

/** T(a, λ) of one unit. */
export function applyUnit(map: HookMap, unit: number, value: number, lambda: number): number {
  const inside = map.lo[unit]! < value && value < map.hi[unit]!;
  // Without this a negative zero would become a positive one at λ = 0.
  if (lambda === 0 || map.units[unit] === 0 || !inside) return value;
  return value + lambda * ((map.w[unit]! - 1) * value + map.beta[unit]!);
}

/**
 * T(a, λ) of values [rows, width], in double precision; rows where `skipped` is not 0 pass through, as first tokens may.
 * NaN passes through.
 */
export function applyMap(
  map: HookMap,
  values: ArrayLike<number>,
  lambda: number,
  skipped?: ArrayLike<number>,
): Float64Array {
  const width = map.w.length;
  const out = Float64Array.from(values);
  for (let first = 0, row = 0; first < out.length; first += width, row++)
    if (!skipped || skipped[row] === 0)
      for (let unit = 0; unit < width; unit++)
        out[first + unit] = applyUnit(map, unit, out[first + unit]!, lambda);
  return out;
}

/** T(a, λ) of values [batch, channels, positions]: the support is decided on each channel's mean, whose shift moves all of it. */
export function applyToChannels(
  map: HookMap,
  values: ArrayLike<number>,
  positions: number,
  lambda: number,
): Float64Array {
  const channels = map.w.length;
  const out = Float64Array.from(values);
  for (let first = 0; first < out.length; first += positions) {
    const channel = (first / positions) % channels;
    const mean = out.subarray(first, first + positions).reduce((sum, value) => sum + value, 0) / positions;
    const shift = applyUnit(map, channel, mean, lambda) - mean;
    if (shift !== 0) for (let at = first; at < first + positions; at++) out[at]! += shift;
  }
  return out;
}

function mapError(
  code: string,
  what: string,
  key: string,
  more: { got?: string; expected?: string; help?: string },
): MongeError {
  return new MongeError({ code, blame: 'input', what, where: { key }, ...more });
}
