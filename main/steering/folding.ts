/** @file Maps of constant strength folded into the weights around their hook, so that a steered model is an ordinary one. */
import { MongeError } from '../../native-models/error';
import type { HookMap } from '../contract/steering';
import { hasSupport } from './support';

/** y = G x + d: weight [outputs, inputs], row-major. */
export interface LinearWeights {
  weight: Float32Array;
  /** [outputs]; null where the map has none. */
  bias: Float32Array | null;
}

/** T(a) = scale·a + shift, unit by unit, in double precision. */
export interface FoldedUnits {
  scale: Float64Array;
  shift: Float64Array;
}

/**
 * What a map of constant strength is: scale 1 + λ(w − 1), shift λβ; 1 and 0 where a unit is not steered.
 * @throws `steering-fold-support` where a unit has a support inside ±1e6, `steering-fold-first` where first tokens are left out:
 *   weights cannot know which value or token they act on
 */
export function foldedUnits(map: HookMap, lambda: number, first = true): FoldedUnits {
  if (hasSupport(map))
    throw foldError(
      'steering-fold-support',
      'a support',
      map.hook,
      'fit with the support q_all, or export the graph with its operator',
    );
  if (!first)
    throw foldError(
      'steering-fold-first',
      'a choice of tokens',
      map.hook,
      'steer the first token too, or export the graph with its operator',
    );
  const on = (unit: number) => (map.units[unit] === 0 ? 0 : lambda);
  return {
    scale: Float64Array.from(map.w, (w, unit) => 1 + on(unit) * (w - 1)),
    shift: Float64Array.from(map.beta, (beta, unit) => on(unit) * beta),
  };
}

/** A map after a linear one: G' = diag(scale) G, d' = scale·d + shift. */
export function foldIntoLinear(
  { weight, bias }: LinearWeights,
  { scale, shift }: FoldedUnits,
): LinearWeights {
  const inputs = weight.length / scale.length;
  return {
    weight: weight.map((value, at) => scale[Math.floor(at / inputs)]! * value),
    bias: Float32Array.from(shift, (value, unit) => scale[unit]! * (bias?.[unit] ?? 0) + value),
  };
}

/**
 * A map after a norm: gain' = scale·gain. With a bias the shift joins it; without one (RMSNorm) `push` is the shift that every
 * linear map reading the norm must take up with `pushShift`, and nothing else may read it.
 */
export function foldIntoNorm(
  gain: Float32Array,
  bias: Float32Array | null,
  { scale, shift }: FoldedUnits,
): { gain: Float32Array; bias: Float32Array | null; push: Float64Array | null } {
  const scaled = gain.map((value, unit) => scale[unit]! * value);
  if (bias === null) return { gain: scaled, bias, push: shift };
  const moved = bias.map((value, unit) => scale[unit]! * value + shift[unit]!);
  return { gain: scaled, bias: moved, push: null };
}

/** The next linear map of inputs that are moved by a shift: its bias takes up W·shift. */
export function pushShift({ weight, bias }: LinearWeights, shift: Float64Array): LinearWeights {
  const inputs = shift.length;
  const moved = new Float32Array(weight.length / inputs);
  for (let output = 0; output < moved.length; output++) {
    let sum = bias?.[output] ?? 0;
    for (let k = 0; k < inputs; k++) sum += weight[output * inputs + k]! * shift[k]!;
    moved[output] = sum;
  }
  return { weight, bias: moved };
}

function foldError(code: string, what: string, hook: string, help: string): MongeError {
  return new MongeError({
    code,
    blame: 'input',
    what: `${what} cannot be folded into weights`,
    where: { key: hook },
    expected: 'a map that moves every value of every token',
    help,
  });
}
