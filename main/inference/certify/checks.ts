/** @file The single checks of a hook: what was compared with what, how far apart it is, and how far it may be. */
import type { GraphLevel } from '../../contract/compute';
import type { HookCheck } from '../../contract/language';
import { relativeDistance, rootMeanSquare, valuesApart } from './compare';
import type { Effect } from './moves';
import type { Subject } from './subject';

/** Relative distance that is allowed where arithmetic may be rearranged. */
export const REARRANGED = 1e-4;
/** How far the effect of a move may be from twice that of half of it. */
const CURVED = 0.1;
/** Of what is observed, relative to its size: three times what one rounding of a float32 may do. */
const ROUNDING = 3e-6;
/** Less than this, against the size of what is observed, is no effect. */
const DEAD = 1e-8;

export function check(name: string, value: number, tolerance: number, says: string): HookCheck {
  return { name, value, tolerance, ok: value <= tolerance, says };
}

/** What is observed with something added to the graph against without; with tolerance 0 bit by bit. */
export function identity(
  what: string,
  got: Float32Array,
  plain: Float32Array,
  level: GraphLevel,
  tolerance: number,
): HookCheck {
  const value = tolerance === 0 ? valuesApart(got, plain) : relativeDistance(got, plain);
  const says = tolerance === 0 ? `${what}: values that differ in any bit` : `${what} against none`;
  return check('identity', value, tolerance, `${says}, at optimisation \`${level}\``);
}

type RecomputedOptions = Pick<Subject, 'tolerance' | 'referenceSays'>;

/** A captured hook against the reference; none where the reference has no such hook. */
export function recomputed(
  hook: string,
  values: Float32Array,
  reference: ReadonlyMap<string, ArrayLike<number>> | null,
  { tolerance, referenceSays = 'captured against computed in double precision' }: RecomputedOptions,
): HookCheck[] {
  const expected = reference?.get(hook);
  if (!expected) return [];
  return [check('recomputed', relativeDistance(values, expected), tolerance, referenceSays)];
}

/** Whether a move of a hook acts as linearisation predicts; `size` is that of what is observed. */
export function perturbation({ whole, half }: Effect, size: number): HookCheck {
  const effect = shareOf(whole, size);
  if (!(effect > DEAD))
    return check(
      'perturbation',
      Infinity,
      CURVED,
      'moved by a thousandth, and nothing that the model says moved: the hook is dead',
    );
  const predicted = half.map((value) => 2 * value);
  const apart = relativeDistance(whole, predicted);
  // A small effect is told apart from rounding only so far.
  const allowed = CURVED + ROUNDING / effect;
  return check('perturbation', apart, allowed, 'effect of a move against twice the effect of half of it');
}

/** Whether a tenth of the move would still show beyond rounding, so that it tells a curve from a fault. */
export function worthSmaller({ whole }: Effect, size: number): boolean {
  return ROUNDING / (shareOf(whole, size) / 10) < CURVED;
}

function shareOf(effect: Float32Array, size: number): number {
  return rootMeanSquare(effect) / Math.max(size, 1e-30);
}
