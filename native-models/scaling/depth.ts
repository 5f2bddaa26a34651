/** @file Profiles over depth: a few factors at places from the first block to the last, and what lies between them. */
import { MongeError } from '../error';
import type { HyperparameterName, Multipliers } from './types';

/**
 * The factor of block `layer` of `layers`, between the knots along l/(L − 1); 1 without a profile. Outside of the knots
 * the nearest one counts. On logarithms unless the profile says otherwise: the paper leaves it open.
 * @throws `depth-profile` for knots and factors that do not match, are out of order or not positive
 */
export function depthFactor(
  { knots, factors, between }: Multipliers['depth'],
  key: HyperparameterName,
  layer: number,
  layers: number,
): number {
  const values = factors[key];
  if (!values) return 1;
  requireProfile(knots, values, key);
  const place = layers > 1 ? layer / (layers - 1) : 0;
  const above = knots.findIndex((knot) => knot >= place);
  if (above === 0) return values[0]!;
  if (above < 0) return values[values.length - 1]!;
  if (knots[above] === place) return values[above]!;
  const [from, to] = [knots[above - 1]!, knots[above]!];
  const share = (place - from) / (to - from);
  const [low, high] = [values[above - 1]!, values[above]!];
  if (between === 'linear') return low + share * (high - low);
  return low * (high / low) ** share;
}

/**
 * A profile at other knots, such as the blocks of a network of another depth. At knots that both have the factors are the
 * same bits, so that going to twice the depth and back changes nothing.
 * @throws as `depthFactor`
 */
export function profileAt(depth: Multipliers['depth'], knots: readonly number[]): Multipliers['depth'] {
  const factors = Object.fromEntries(
    Object.keys(depth.factors).map((key) => [
      key,
      // Two blocks at the ends of a network whose length is such that the place is the knot.
      knots.map((knot) => depthFactor(depth, key as HyperparameterName, knot, 2)),
    ]),
  );
  return { ...depth, knots: [...knots], factors };
}

function requireProfile(knots: readonly number[], values: readonly number[], key: string): void {
  const ordered = knots.every((knot, at) => knot >= 0 && knot <= 1 && (at === 0 || knot > knots[at - 1]!));
  const positive = values.every((value) => value > 0 && Number.isFinite(value));
  if (knots.length === values.length && knots.length > 0 && ordered && positive) return;
  throw new MongeError({
    code: 'depth-profile',
    blame: 'input',
    what: 'the profile over depth is not one',
    where: { key },
    got: `${values.length} factors at ${knots.length} knots`,
    expected: 'as many positive factors as knots, and knots ascending from 0 to 1',
  });
}
