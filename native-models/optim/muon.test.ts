/** @file Muon against a slow version in plain loops, and its Newton–Schulz iteration against singular values. */
import { describe, expect, it } from 'vitest';
import {
  adamw,
  add,
  evaluate,
  float32,
  float64,
  initialState,
  isHiddenMatrix,
  muon,
  multiply,
  orthogonalised,
  parametersOf,
  reduceSum,
  stream,
  trace,
  trainingProgram,
} from '..';
import { expectClose } from '../testing/expect-close';

type Matrix = number[][];

function randomMatrix(label: string, rows: number, columns: number): Matrix {
  const data = stream(5, label).normal(new Float32Array(rows * columns));
  return Array.from({ length: rows }, (_, row) => [...data.subarray(row * columns, (row + 1) * columns)]);
}

function product(left: Matrix, right: Matrix): Matrix {
  return left.map((row) =>
    right[0]!.map((_, column) => row.reduce((sum, value, k) => sum + value * right[k]![column]!, 0)),
  );
}

function transposed(matrix: Matrix): Matrix {
  return matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));
}

/** The iteration as published: always with the rows outside, scaled by the norm. */
function newtonSchulz(matrix: Matrix): Matrix {
  const norm = Math.hypot(...matrix.flat()) + 1e-7;
  let x = matrix.map((row) => row.map((value) => value / norm));
  for (let iteration = 0; iteration < 5; iteration++) {
    const a = product(x, transposed(x));
    const aa = product(a, a);
    const b = a.map((row, i) => row.map((value, j) => -4.775 * value + 2.0315 * aa[i]![j]!));
    const bx = product(b, x);
    x = x.map((row, i) => row.map((value, j) => 3.4445 * value + bx[i]![j]!));
  }
  return x;
}

/** Singular values by Jacobi rotations of pairs of columns until all are orthogonal (Hestenes 1958). */
function singularValues(matrix: Matrix): number[] {
  const columns = transposed(matrix);
  const dot = (left: number[], right: number[]) => left.reduce((sum, value, k) => sum + value * right[k]!, 0);
  for (let sweep = 0; sweep < 30; sweep++)
    for (let i = 0; i < columns.length; i++)
      for (let j = i + 1; j < columns.length; j++) {
        const [p, q] = [columns[i]!, columns[j]!];
        const angle = Math.atan2(2 * dot(p, q), dot(p, p) - dot(q, q)) / 2;
        const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
        columns[i] = p.map((value, k) => cosine * value + sine * q[k]!);
        columns[j] = q.map((value, k) => cosine * value - sine * p[k]!);
      }
  return columns.map((column) => Math.hypot(...column));
}

const orthogonalise = (matrix: Matrix): Matrix => {
  const shape = [matrix.length, matrix[0]!.length];
  const graph = trace('newton', { m: float32(...shape) }, ({ m }) => ({ x: orthogonalised(m!) }));
  const { data } = evaluate(graph, { m: { data: matrix.flat(), shape } }).x!;
  return matrix.map((row, i) => [...data.subarray(i * row.length, (i + 1) * row.length)]);
};

describe('orthogonalised', () => {
  it.each([
    [6, 6],
    [4, 9],
    [9, 4],
  ])('gives a %i by %i matrix singular values near 1, and keeps its singular vectors', (rows, columns) => {
    const matrix = randomMatrix(`matrix ${rows}`, rows, columns);
    const result = orthogonalise(matrix);
    const upright = (given: Matrix) => (rows < columns ? transposed(given) : given);
    const before = singularValues(upright(matrix)).map(
      (value) => value / (Math.hypot(...matrix.flat()) + 1e-7),
    );
    const after = singularValues(upright(result)).sort((a, b) => a - b);
    // Each singular value goes through the quintic by itself.
    const expected = before.map((value) => {
      for (let k = 0; k < 5; k++) value = 3.4445 * value - 4.775 * value ** 3 + 2.0315 * value ** 5;
      return value;
    });
    expectClose(
      after,
      expected.sort((a, b) => a - b),
      { rtol: 1e-5 },
    );
    // The band is the attractor of the quintic: from 0.0015 of the norm on, five steps lead into it.
    expect(Math.min(...before)).toBeGreaterThan(0.0015);
    expect(after[0]).toBeGreaterThan(0.68);
    expect(after.at(-1)).toBeLessThan(1.21);
    // XᵀM is symmetric where X = U·f(S)·Vᵀ.
    const mixed = product(transposed(result), matrix);
    expectClose(mixed.flat(), transposed(mixed).flat(), { rtol: 1e-5, atol: 1e-5 });
    const slow = rows > columns ? transposed(newtonSchulz(transposed(matrix))) : newtonSchulz(matrix);
    expectClose(result.flat(), slow.flat(), { rtol: 1e-5, atol: 1e-6 });
  });
});

describe('muon', () => {
  it('moves matrices by orthogonal steps and the rest by its fallback', () => {
    const weights = randomMatrix('slope', 3, 5);
    const rates = [0.1, 0.05];
    const program = trainingProgram({
      name: 'linear',
      parameters: { 'block.weight': float64(3, 5), 'block.bias': float64(5) },
      optimiser: muon({ fallback: adamw() }),
      chunk: 2,
      stream: { slope: float64(3, 5) },
      // The gradient of the matrix is the slope, that of the bias is 2.
      loss: (parameters, { slope }) =>
        add(
          reduceSum(multiply(parameters['block.weight']!, slope!)),
          multiply(reduceSum(parameters['block.bias']!), 2),
        ),
    });
    expect(Object.keys(program.state)).toEqual([
      ...['parameters/block.weight', 'parameters/all', 'muonVelocity/block.weight'],
      ...['moment1/all', 'moment2/all', 'correction1', 'correction2', 'step'],
    ]);
    const hyper = { weightDecay: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 0, momentum: 0.95, muonRate: 4 };
    const results = evaluate(program.graph, {
      ...initialState(program, {
        'block.weight': new Float64Array(15).fill(1),
        'block.bias': new Float64Array(5).fill(1),
      }),
      slope: { data: [...weights.flat(), ...weights.flat().map((value) => -value / 2)], shape: [2, 3, 5] },
      learningRate: { data: rates, shape: [2] },
      ...Object.fromEntries(
        Object.entries(hyper).map(([name, value]) => [name, { data: [value], shape: [] }]),
      ),
    });
    const state = Object.fromEntries(
      Object.keys(program.state).map((name) => [name, results[`next.${name}`]!]),
    );
    const trained = parametersOf<Float64Array>(program, state, 'current');

    let matrix = weights.map((row) => row.map(() => 1));
    let velocity = weights.map((row) => row.map(() => 0));
    let bias = 1;
    rates.forEach((rate, step) => {
      const slope = weights.map((row) => row.map((value) => (step === 0 ? value : -value / 2)));
      velocity = velocity.map((row, i) => row.map((value, j) => 0.95 * value + slope[i]![j]!));
      const update = newtonSchulz(
        velocity.map((row, i) => row.map((value, j) => 0.95 * value + slope[i]![j]!)),
      );
      const scale = 4 * rate * Math.sqrt(5 / 3);
      matrix = matrix.map((row, i) =>
        row.map((value, j) => (1 - 4 * rate * 0.1) * value - scale * update[i]![j]!),
      );
      // A constant gradient makes m̂/√v̂ = 1.
      bias -= rate * (1 + 0.1 * bias);
    });
    expectClose(trained['block.weight']!.data, matrix.flat(), { rtol: 1e-9 });
    expectClose(trained['block.bias']!.data, new Array(5).fill(bias), { rtol: 1e-9 });
  });

  it('leaves embeddings, heads, vectors and kernels of convolutions to the fallback', () => {
    const chosen = (name: string, ...shape: number[]) => isHiddenMatrix(name, float32(...shape));
    expect(chosen('block1.mlp.in.weight', 4, 8)).toBe(true);
    const left = [
      'token.embedding.weight',
      'unembed.weight',
      'head.weight',
      'output.weight',
      'block1.mlp.in.bias',
    ];
    for (const name of left) expect(chosen(name, 4, 8)).toBe(false);
    expect(chosen('norm.weight', 4)).toBe(false);
    expect(chosen('conv.weight', 8, 4, 3, 3)).toBe(false);
  });
});
