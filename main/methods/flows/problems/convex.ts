/**
 * @file The convex benchmark: noise carried by the gradient of ½‖x‖² plus a random input-convex network, which is the
 * optimal map by Brenier's theorem. It stands in for the pre-trained networks of Korotin et al. (LSC, section 4.1),
 * whose weights are not at hand.
 *
 * The network is the trunk of native-models with two hidden layers; its gradient is written out here, as the map is
 * asked for step by step while a run trains, and a test holds it to automatic differentiation.
 */
import { stream, supportTrunk, type Trunk } from '../../../../native-models';
import { addProduct, addRowProduct, meanPoint } from '../../../numerics/points';

const WIDTH = 64;
/** φ(s) = a·s + (1 − a)·softplus(βs)/β. */
const SLOPE = 0.1;
const SHARPNESS = 4;
/** Root mean square of the gradient's varying part per coordinate: the map moves points about as far as they lie apart. */
const STRENGTH = 1.5;
const SCALE_POINTS = 1024;

/** The network whose gradient the map is made of. */
export function convexTrunk(dimension: number): Trunk {
  return supportTrunk({
    inputs: dimension,
    outputs: 1,
    widths: [WIDTH, WIDTH],
    inject: true,
    activation: { kind: 'soft', slope: SLOPE, sharpness: SHARPNESS },
    rectifier: 'softplus',
    initialisation: 'principled',
  });
}

/** Draws the benchmark; the same (dimension, seed) is always the same map. */
export function convexMap(dimension: number, seed: number) {
  const slopes = slopesOf(dimension, convexTrunk(dimension).initialise(seed));
  // A constant part of the gradient only moves everything, and its size is the network's whim: both are set here.
  const sample = slopes(
    stream(seed, 'flows.problem.scale').normal(new Float32Array(SCALE_POINTS * dimension)),
  );
  const mean = meanPoint(sample, dimension);
  const variance =
    sample.reduce((sum, value, k) => sum + (value - mean[k % dimension]!) ** 2, 0) / sample.length;
  const amplitude = STRENGTH / Math.sqrt(variance);
  return {
    /** The gradient of the network alone at points [n, d]. */
    slopes,
    /** T₀ of points [n, d]; a new array. */
    map: (points: Float32Array): Float32Array =>
      Float32Array.from(
        slopes(points),
        (slope, k) => points[k]! + amplitude * (slope - mean[k % dimension]!),
      ),
  };
}

/**
 * With s₁ = xW₁ + b₁, s₂ = φ(s₁)A₂ + xB₂ + b₂ and the output φ(s₂)A₃ + xB₃, where A = softplus of the free weights:
 * ∇ = B₃ + B₂v + W₁(φ′(s₁)∘A₂v) with v = φ′(s₂)∘A₃.
 */
function slopesOf(dimension: number, weights: Record<string, Float32Array>) {
  const named = (name: string) => weights[name]!;
  const [first, second] = [named('layer1.weight'), named('layer2.weight').map(softplus)];
  const [firstBias, secondBias] = [named('layer1.bias'), named('layer2.bias')];
  const secondInput = named('layer2.input.weight');
  const last = named('output.weight').map(softplus);
  const lastInput = weights['output.input.weight'] ?? new Float32Array(dimension);

  return (points: Float32Array): Float64Array => {
    const out = new Float64Array(points.length);
    for (let at = 0; at < points.length; at += dimension) {
      const x = points.subarray(at, at + dimension);
      const [lower, upper] = [Float64Array.from(firstBias), Float64Array.from(secondBias)];
      addRowProduct(first, x, lower);
      addRowProduct(secondInput, x, upper);
      addRowProduct(second, lower.map(activation), upper);
      const cotangent = upper.map((value, j) => activationSlope(value) * last[j]!);
      const inner = new Float64Array(WIDTH);
      addProduct(second, cotangent, inner);
      const gradient = out.subarray(at, at + dimension);
      gradient.set(lastInput);
      addProduct(secondInput, cotangent, gradient);
      addProduct(
        first,
        inner.map((sum, i) => sum * activationSlope(lower[i]!)),
        gradient,
      );
    }
    return out;
  };
}

function softplus(value: number): number {
  return Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));
}

function activation(value: number): number {
  return SLOPE * value + ((1 - SLOPE) * softplus(SHARPNESS * value)) / SHARPNESS;
}

function activationSlope(value: number): number {
  return SLOPE + (1 - SLOPE) / (1 + Math.exp(-SHARPNESS * value));
}
