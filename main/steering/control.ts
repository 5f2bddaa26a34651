/** @file The control of every steering effect: a random map of the same norm on the same units and support. */
import { stream } from '../../native-models';
import type { HookMap } from '../contract/steering';
import { makeMap } from './map';

/**
 * Random maps whose w − 1 and β have, hook by hook, the lengths of the given ones over the steered units. An effect that such a
 * map has too does not come from what was fitted.
 */
export function randomMapsLike(maps: readonly HookMap[], seed: number): HookMap[] {
  return maps.map((map) => {
    const width = map.w.length;
    const like = (values: Float32Array, label: string) => {
      const draw = stream(seed, `steering control ${label} ${map.hook}`).normal(new Float32Array(width));
      for (let unit = 0; unit < width; unit++) if (map.units[unit] === 0) draw[unit] = 0;
      const length = Math.hypot(...draw);
      const scale = length > 0 ? Math.hypot(...values) / length : 0;
      return Float64Array.from(draw, (value) => scale * value);
    };
    const slopes = like(
      map.w.map((w, unit) => (map.units[unit] ? w - 1 : 0)),
      'w',
    );
    const shifts = like(
      map.beta.map((beta, unit) => (map.units[unit] ? beta : 0)),
      'beta',
    );
    return makeMap({ ...map, w: slopes.map((slope) => 1 + slope), beta: shifts });
  });
}
