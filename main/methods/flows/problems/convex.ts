/**
 * @file The convex benchmark: noise carried by the gradient of ½‖x‖² plus a random input-convex network, which is the
 * optimal map by Brenier's theorem. It stands in for the pre-trained networks of Korotin et al. (LSC, section 4.1),
 * whose weights are not at hand.
 *
 * The network is the trunk of native-models with two hidden layers; its gradient is written out here, as the map is
 * asked for step by step while a run trains, and a test holds it to automatic differentiation.
 */
import { stream, supportTrunk, type Trunk } from '../../../../native-models';

const WIDTH = 64;
/** φ(s) = a·s + (1 − a)·softplus(βs)/β. */
const SLOPE = 0.1;
const SHARPNESS = 4;
/** Root mean square of the gradient's varying part per coordinate: the map moves points about as far as they lie apart. */
const STRENGTH = 1.5;
const SCALE_POINTS = 1024;

export interface ConvexMap {
  /** T₀ of points [n, d]; a new array. */
  map: (points: Float32Array) => Float32Array;
  /** The gradient of the network alone at points [n, d]. */
  slopes: (points: Float32Array) => Float64Array;
}

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
export function convexMap(dimension: number, seed: number): ConvexMap {
  const slopes = slopesOf(dimension, convexTrunk(dimension).initialise(seed));
  // A constant part of the gradient only moves everything, and its size is the network's whim: both are set here.
  const sample = slopes(
    stream(seed, 'flows.problem.scale').normal(new Float32Array(SCALE_POINTS * dimension)),
  );
  const mean = new Float64Array(dimension);
  sample.forEach((value, k) => (mean[k % dimension]! += value / SCALE_POINTS));
  const variance =
    sample.reduce((sum, value, k) => sum + (value - mean[k % dimension]!) ** 2, 0) / sample.length;
  const amplitude = STRENGTH / Math.sqrt(variance);
  return {
    slopes,
    map: (points) =>
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
  const first = { weight: named('layer1.weight'), bias: named('layer1.bias') };
  const second = {
    weight: named('layer2.weight').map(softplus),
    input: named('layer2.input.weight'),
    bias: named('layer2.bias'),
  };
  const last = {
    weight: named('output.weight').map(softplus),
    input: weights['output.input.weight'] ?? new Float32Array(dimension),
  };
  const [lower, upper, cotangent] = [0, 1, 2].map(() => new Float64Array(WIDTH)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];

  return (points: Float32Array): Float64Array => {
    const out = new Float64Array(points.length);
    for (let at = 0; at < points.length; at += dimension) {
      for (let j = 0; j < WIDTH; j++) {
        lower[j] = first.bias[j]!;
        upper[j] = second.bias[j]!;
      }
      for (let k = 0; k < dimension; k++) {
        const x = points[at + k]!;
        for (let j = 0; j < WIDTH; j++) {
          lower[j]! += x * first.weight[k * WIDTH + j]!;
          upper[j]! += x * second.input[k * WIDTH + j]!;
        }
      }
      for (let i = 0; i < WIDTH; i++) {
        const state = activation(lower[i]!);
        for (let j = 0; j < WIDTH; j++) upper[j]! += state * second.weight[i * WIDTH + j]!;
      }
      for (let j = 0; j < WIDTH; j++) cotangent[j] = activationSlope(upper[j]!) * last.weight[j]!;
      for (let k = 0; k < dimension; k++) {
        let sum = last.input[k]!;
        for (let j = 0; j < WIDTH; j++) sum += second.input[k * WIDTH + j]! * cotangent[j]!;
        out[at + k] = sum;
      }
      for (let i = 0; i < WIDTH; i++) {
        let sum = 0;
        for (let j = 0; j < WIDTH; j++) sum += second.weight[i * WIDTH + j]! * cotangent[j]!;
        sum *= activationSlope(lower[i]!);
        for (let k = 0; k < dimension; k++) out[at + k]! += first.weight[k * WIDTH + i]! * sum;
      }
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
