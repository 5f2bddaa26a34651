/**
 * @file What slopes over scale mean: least squares of log₂ of a size on log₂ of the scale, the bands inside which a rule
 * keeps a network alike at every scale, and what to look at where it does not.
 */
import type { ParameterisationName, TensorKind } from '../../../../native-models';
import { mean, slope } from '../../../experiments/statistics';
import type { ModuleName } from './observe';

export type Axis = 'width' | 'depth';

export interface Slope {
  rule: ParameterisationName;
  /** A module for activations, a kind of tensor for gradients. */
  of: ModuleName | TensorKind;
  quantity: 'size' | 'change' | 'gradient';
  /** Octaves of the size per octave of the scale; null where a size is no number. */
  slope: number | null;
  /** Inside which it is to lie; null where nothing is expected. */
  band: readonly [number, number] | null;
  inside: boolean | null;
  /** What the slope means, in one sentence. */
  sentence: string;
}

/** The slope of sizes [scale][seed]: mean of logarithms over the seeds. */
export function slopeOver(scales: readonly number[], sizes: readonly (readonly number[])[]): number | null {
  const logs = sizes.map((row) => mean(row.map(Math.log2)));
  if (!logs.every(Number.isFinite)) return null;
  return slope(
    scales.map((scale) => Math.log2(scale)),
    logs,
  );
}

/** Residual stream and logits, and all branches (section 3.1 of our notes): how far from flat a rule that transfers may be. */
const STREAM = 0.35;
const BRANCH = 0.55;
/** What the control has to exceed, or the check is too easy to tell anything. */
const CONTROL: Record<Axis, number> = { width: 1, depth: 0.8 };

/** The rule that must fail: nothing scaled over width, width alone over depth. */
export const controlOf = (axis: Axis): ParameterisationName => (axis === 'width' ? 'sp' : 'mup');

const flat = (most: number): readonly [number, number] => [-most, most];

/** How a module is judged; the control alone on the residual stream. */
export function judgeActivation(
  rule: ParameterisationName,
  of: ModuleName,
  quantity: 'size' | 'change',
  found: number | null,
): Slope {
  const band = flat(of === 'attention' || of === 'perceptron' ? BRANCH : STREAM);
  const inside = found !== null && found >= band[0] && found <= band[1];
  return {
    rule,
    of,
    quantity,
    slope: found,
    band,
    inside,
    sentence: activationWords(of, quantity, found, inside),
  };
}

function activationWords(of: ModuleName, quantity: string, found: number | null, inside: boolean): string {
  if (found === null)
    return `The ${of} left the numbers within these steps: the learning rate is too large at some scale.`;
  if (inside) return `The ${of} ${quantity === 'change' ? 'moves by' : 'has'} about as much at every scale.`;
  const grows = found > 0;
  const look: Record<ModuleName, string> = {
    embedding: 'the learning rate and ε of the embedding',
    attention: 'the learning rates of the maps of attention, and the scale of its scores',
    perceptron: 'the learning rates of the perceptron',
    residual: 'the multipliers of the branches and the learning rates in blocks',
    logits: 'deviation and learning rate of the output map',
  };
  return `The ${of} ${grows ? 'grows' : 'shrinks'} by ${Math.abs(found).toFixed(2)} octaves a doubling: look at ${look[of]}.`;
}

const BRANCH_KINDS: readonly TensorKind[] = [
  ...(['attn.q', 'attn.k', 'attn.v', 'attn.o', 'mlp.in', 'mlp.out'] as const),
  ...(['norm.attn', 'norm.mlp', 'qk.q', 'qk.k'] as const),
];

/** The band of a raw gradient before the first step, from how it must go with scale for the rule of ε to be right. */
function gradientBand(axis: Axis, kind: TensorKind): readonly [number, number] | null {
  if (axis === 'depth') return BRANCH_KINDS.includes(kind) ? [-1.1, -0.55] : [-0.25, 0.25];
  if (kind === 'unembed') return [-0.15, 0.15];
  // Shared by heads, whose gradients add up at random before the first steps and in step after them.
  if (kind === 'qk.q' || kind === 'qk.k') return [-0.7, 0.1];
  // Their own derivation says −1; the paper's table leaves them out.
  if (kind === 'norm.final') return [-1.25, -0.85];
  return kind.startsWith('norm.') ? [-1.25, -0.7] : [-1.15, -0.8];
}

export function judgeGradient(
  rule: ParameterisationName,
  axis: Axis,
  of: TensorKind,
  found: number | null,
): Slope {
  const band = gradientBand(axis, of);
  const inside = found === null || band === null ? null : found >= band[0] && found <= band[1];
  const expected = band && `${band[0]} to ${band[1]}`;
  const sentence =
    found === null
      ? `The gradient of ${of} is no number.`
      : inside === false
        ? `The gradient of ${of} goes with the ${axis} to the power ${found.toFixed(2)} and not ${expected}: ε of this kind will be too large or too small at scale.`
        : `The gradient of ${of} goes with the ${axis} to the power ${found.toFixed(2)}, as its ε does.`;
  return { rule, of, quantity: 'gradient', slope: found, band, inside, sentence };
}

/** How far the change of an embedding whose ε does not follow width has to fall where ε decides. */
const EPSILON_CONTROL = -0.6;

/** The control where ε decides: CompleteP leaves the ε of the embedding alone, whose steps then shrink with width. */
export function epsilonControlFails(slopes: readonly Slope[]): boolean {
  const found = slopes.find(
    ({ rule, of, quantity }) => rule === 'completep' && of === 'embedding' && quantity === 'change',
  );
  return found !== undefined && found.slope !== null && found.slope <= EPSILON_CONTROL;
}

/** Whether a check says anything: the control must leave its band, by sizes that are no numbers too. */
export function controlFails(axis: Axis, slopes: readonly Slope[]): boolean {
  const control = controlOf(axis);
  const stream = slopes.find(
    ({ rule, of, quantity }) => rule === control && of === 'residual' && quantity === 'size',
  );
  return stream !== undefined && (stream.slope === null || stream.slope >= CONTROL[axis]);
}
