/** @file The known maps are gradients of convex functions: monotone, cyclically consistent with their potentials, reproducible. */
import { describe, expect, it } from 'vitest';
import {
  add,
  evaluate,
  float32,
  gradient,
  multiply,
  reduceSum,
  square,
  stream,
  supportTrunk,
  trace,
} from '../../../../native-models';
import { config as schema } from '../config';
import { convexMap, convexProblem, SHARPNESS, SLOPE } from './convex';
import { piecewiseAffine, piecewiseAffineMap, piecewiseAffinePotential } from './piecewise-affine';
import { makeProblem } from './problem';

const settings = (changes: Record<string, unknown>) => schema.parse({ problemRows: 4096, ...changes });
const normal = (seed: number, length: number) => stream(seed, 'points').normal(new Float32Array(length));

describe.each(['piecewise-affine', 'convex'])('%s', (problem) => {
  const made = makeProblem(settings({ problem, dimension: 6 }))!;

  it('has a strongly monotone map: ⟨T(x)−T(y), x−y⟩ ≥ ‖x−y‖²', () => {
    const [x, y] = [normal(1, 6 * 500), normal(2, 6 * 500)];
    const [u, w] = [made.map(x), made.map(y)];
    for (let row = 0; row < 500; row++) {
      let [inner, square] = [0, 0];
      for (let k = row * 6; k < row * 6 + 6; k++) {
        inner += (u[k]! - w[k]!) * (x[k]! - y[k]!);
        square += (x[k]! - y[k]!) ** 2;
      }
      expect(inner).toBeGreaterThan(square * (1 - 1e-5));
    }
  });

  it('is the same for the same problem seed, and another for another', () => {
    const again = makeProblem(settings({ problem, dimension: 6 }))!;
    const other = makeProblem(settings({ problem, dimension: 6, problemSeed: 1 }))!;
    expect(again.matrix.data).toEqual(made.matrix.data);
    expect(other.matrix.data).not.toEqual(made.matrix.data);
    expect(made.matrix).toMatchObject({ rows: 4096, columns: 6 });
  });

  it('moves points far enough to be worth learning', () => {
    const x = normal(3, 6 * 1000);
    const moved = made.map(x).reduce((sum, value, k) => sum + (value - x[k]!) ** 2, 0) / 1000;
    expect(moved).toBeGreaterThan(3);
  });
});

describe('the piecewise affine potential', () => {
  it('lies above each of its tangents, whose slope is the map', () => {
    const made = piecewiseAffine(5, 4, 3);
    const [x, y] = [normal(1, 5 * 200), normal(2, 5 * 200)];
    const [atX, atY, slope] = [
      piecewiseAffinePotential(made, x),
      piecewiseAffinePotential(made, y),
      piecewiseAffineMap(made, x),
    ];
    for (let row = 0; row < 200; row++) {
      let tangent = atX[row]!;
      for (let k = row * 5; k < row * 5 + 5; k++) tangent += slope[k]! * (y[k]! - x[k]!);
      expect(atY[row]!).toBeGreaterThan(tangent - 1e-3);
    }
  });

  it('uses several pieces, with centred centres', () => {
    const made = piecewiseAffine(16, 4, 0);
    for (let k = 0; k < 16; k++) {
      const sum = [0, 1, 2, 3].reduce((total, piece) => total + made.centres[piece * 16 + k]!, 0);
      expect(Math.abs(sum)).toBeLessThan(1e-9);
    }
    expect(made.rank).toBe(8);
  });
});

it('the gradient of the convex network is the automatic one', () => {
  const made = convexProblem(3, 7);
  const { width } = made;
  const network = supportTrunk({
    inputs: 3,
    outputs: 1,
    widths: [width, width],
    inject: true,
    activation: { kind: 'soft', slope: SLOPE, sharpness: SHARPNESS },
    // The weights of the problem are the effective ones, not negative already.
    rectifier: 'relu',
    initialisation: 'uniform',
  });
  const given: Record<string, { data: Float32Array; shape: number[] }> = {
    'layer1.weight': { data: made.first, shape: [3, width] },
    'layer1.bias': { data: made.firstBias, shape: [width] },
    'layer2.weight': { data: made.second, shape: [width, width] },
    'layer2.bias': { data: made.secondBias, shape: [width] },
    'layer2.input.weight': { data: made.inject, shape: [3, width] },
    'output.weight': { data: made.last, shape: [width, 1] },
    'output.bias': { data: new Float32Array(1), shape: [1] },
  };
  expect(Object.keys(network.parameters).sort()).toEqual(Object.keys(given).sort());
  const graph = trace('map', { ...network.parameters, x: float32(20, 3) }, ({ x, ...parameters }) => {
    const potential = add(reduceSum(network.apply(parameters, x!)), multiply(reduceSum(square(x!)), 0.5));
    return { map: gradient(potential, [x!])[0]! };
  });
  const points = normal(4, 60);
  const { map } = evaluate(graph, { ...given, x: { data: points, shape: [20, 3] } });
  convexMap(made, points).forEach((value, k) => expect(value).toBeCloseTo(map!.data[k]!, 4));
});
