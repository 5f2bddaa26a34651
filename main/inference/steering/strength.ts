/** @file Maps at a strength as the numbers that a steered graph reads, and what of the maps its graph depends on. */
import {
  hooksOf,
  steeringInput,
  steeringVectors,
  type HookPoint,
  type SteeringPlan,
  type SteeringVector,
} from '../../../native-models';
import { MongeError } from '../../../native-models/error';
import type { HostTensor } from '../../contract/compute';
import type { HookMap, Steering } from '../../contract/steering';
import { checkMap, checkSteering, NO_END } from '../../steering/map';

/** The numbers of maps at one strength, by inputs of the graph. Two of the same call are the same steering. */
export type StrengthFeeds = Readonly<Record<string, HostTensor>>;

/**
 * What a graph steered by these maps has; other maps with the same hooks and parts, and other strengths, need no other graph.
 * Supports that end at ±1e6 are none: beyond that the graph moves values that the formula would leave, which a fit warns of.
 * @throws `hook-unknown`, `steering-map`, `steering-form`
 */
export function planOf(
  { maps, first }: Pick<Steering, 'maps' | 'first'>,
  hooks: readonly Pick<HookPoint, 'id'>[],
): SteeringPlan {
  const known = new Set(hooks.map(({ id }) => id));
  return {
    first,
    hooks: maps.map((map) => {
      if (!known.has(map.hook))
        throw new MongeError({
          code: 'hook-unknown',
          blame: 'input',
          what: 'this model has no such place to steer',
          where: { key: map.hook },
        });
      checkMap(map);
      const steered = (test: (unit: number) => boolean) =>
        map.units.some((on, unit) => on !== 0 && test(unit));
      return {
        id: map.hook,
        units: map.w.length,
        scale: steered((unit) => map.w[unit] !== 1),
        shift: steered((unit) => map.beta[unit] !== 0),
        support: steered((unit) => map.lo[unit]! > -NO_END || map.hi[unit]! < NO_END),
      };
    }),
  };
}

/**
 * The inputs of a graph steered by the plan of these maps. Computed in double precision and rounded once.
 * @throws `steering-lambda`, also where a strength takes a map out of the numbers
 */
export function strengthFeeds(steering: Steering, plan: SteeringPlan): StrengthFeeds {
  const strengths = checkSteering(steering);
  const at = new Map(steering.maps.map((map, index) => [map.hook, { map, lambda: strengths[index]! }]));
  const feeds: Record<string, HostTensor> = {};
  for (const vector of steeringVectors) {
    const hooks = hooksOf(plan, vector);
    if (hooks.length === 0) continue;
    const data = new Float32Array(hooks.reduce((sum, { units }) => sum + units, 0));
    let from = 0;
    for (const { id, units } of hooks) {
      const { map, lambda } = at.get(id)!;
      for (let unit = 0; unit < units; unit++) data[from + unit] = numberOf(vector, map, unit, lambda);
      from += units;
    }
    if (!data.every(Number.isFinite))
      throw new MongeError({
        code: 'steering-lambda',
        blame: 'input',
        what: 'at this strength the maps leave the numbers that there are',
        where: { key: 'lambda' },
        got: strengths.join(', '),
        help: 'take a smaller strength',
      });
    feeds[steeringInput(vector)] = { type: 'float32', data, dims: [data.length] };
  }
  return feeds;
}

/** The same inputs with nothing steered. */
export function identityFeeds(plan: SteeringPlan): StrengthFeeds {
  return Object.fromEntries(
    steeringVectors.flatMap((vector) => {
      const size = hooksOf(plan, vector).reduce((sum, { units }) => sum + units, 0);
      const nothing = { scale: 1, shift: -0, lower: 0, upper: 0 }[vector];
      const data = new Float32Array(size).fill(nothing);
      const tensor: HostTensor = { type: 'float32', data, dims: [size] };
      return size === 0 ? [] : [[steeringInput(vector), tensor]];
    }),
  );
}

function numberOf(vector: SteeringVector, map: HookMap, unit: number, lambda: number): number {
  const on = map.units[unit] !== 0;
  switch (vector) {
    case 'scale':
      return on ? 1 + lambda * (map.w[unit]! - 1) : 1;
    case 'shift':
      // Adding −0 keeps the sign of a zero.
      return (on ? lambda * map.beta[unit]! : 0) || -0;
    case 'lower':
      return on ? map.lo[unit]! : 0;
    case 'upper':
      return on ? map.hi[unit]! : 0;
  }
}
