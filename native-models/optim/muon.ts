/** @file Muon: momentum whose update of a matrix is made nearly orthogonal; every other parameter is left to a fallback. */
import type { Tensor } from '../ir/tensor';
import type { TensorType } from '../ir/types';
import { add, divide, multiply, subtract } from '../ops/arithmetic';
import { sqrt, square } from '../ops/functions';
import { matmul } from '../ops/linear-algebra';
import { transpose } from '../ops/movement';
import { reduceSum } from '../ops/reduction';
import { scope } from '../ir/scope';
import type { Optimiser, UpdateRule } from './optimiser';

export interface MuonOptions {
  /** What moves the other parameters. */
  fallback: Optimiser;
  /** Which parameters Muon moves; default `isHiddenMatrix`. */
  matrices?: (name: string, type: TensorType) => boolean;
}

/** The coefficients of the quintic: its slope at 0 is as large as keeps all singular values near 1 (Jordan et al. 2024). */
const QUINTIC = [3.4445, -4.775, 2.0315] as const;
const ITERATIONS = 5;

/**
 * Muon (Jordan et al. 2024) with Nesterov momentum: V ← μV + G, θ ← (1-ηλ)θ - η·√max(1, outputs/inputs)·O(G + μV),
 * where O is `orthogonalised` and θ is [inputs, outputs]. Hyperparameters besides the fallback's: `momentum` (0.95), and
 * `muonRate`, by which η is the scheduled learning rate times; λ is the shared `weightDecay`.
 */
export function muon({ fallback, matrices = isHiddenMatrix }: MuonOptions): Optimiser {
  const own = ['momentum', 'muonRate', 'weightDecay'].filter((name) => !fallback.hyper.includes(name));
  return {
    name: 'muon',
    hyper: [...fallback.hyper, ...own],
    scalars: fallback.scalars,
    prepare(context) {
      const { learningRate, hyper } = context;
      const prepared = fallback.prepare(context);
      const muonRate = multiply(learningRate, hyper.muonRate!);
      const muonKeep = subtract(1, multiply(muonRate, hyper.weightDecay!));
      return { ...prepared, rates: { ...prepared.rates, muonRate, muonKeep, muonMomentum: hyper.momentum! } };
    },
    ruleFor: (name, type) => (matrices(name, type) ? MUON_RULE : fallback.ruleFor(name, type)),
  };
}

/** Matrices named `…weight…` that lie between hidden layers: not embeddings, and not the head or output layer. */
export function isHiddenMatrix(name: string, { shape }: TensorType): boolean {
  return shape.length === 2 && /weight/i.test(name) && !/embed|head|^output\b/i.test(name);
}

const MUON_RULE: UpdateRule = {
  slots: ['muonVelocity'],
  whole: true,
  update({ parameter, gradient, slots, rates }) {
    const [inputs, outputs] = parameter.shape as [number, number];
    const muonVelocity = add(multiply(rates.muonMomentum!, slots.muonVelocity!), gradient);
    const ahead = add(gradient, multiply(rates.muonMomentum!, muonVelocity));
    const scale = Math.sqrt(Math.max(1, outputs / inputs));
    const step = multiply(multiply(rates.muonRate!, scale), orthogonalised(ahead));
    return { parameter: subtract(multiply(rates.muonKeep!, parameter), step), slots: { muonVelocity } };
  },
};

/**
 * About U·Vᵀ of the singular value decomposition U·S·Vᵀ of a matrix: five Newton–Schulz steps X ← aX + (bA + cA²)X with
 * A = XXᵀ, from X = M/(‖M‖+1e-7). Singular values above 0.0015 of the norm end between 0.68 and 1.21; smaller ones grow 485-fold.
 */
export function orthogonalised(matrix: Tensor): Tensor {
  return scope('orthogonalise', () => {
    const [rows, columns] = matrix.shape as [number, number];
    const [a, b, c] = QUINTIC;
    // The products with the shorter side outside are the cheaper ones.
    const tall = rows > columns;
    const norm = sqrt(reduceSum(square(matrix)));
    let x = divide(tall ? transpose(matrix) : matrix, add(norm, 1e-7));
    for (let iteration = 0; iteration < ITERATIONS; iteration++) {
      const gram = matmul(x, x, { transposeRight: true });
      const polynomial = add(multiply(gram, b), multiply(matmul(gram, gram), c));
      x = add(multiply(x, a), matmul(polynomial, x));
    }
    return tall ? transpose(x) : x;
  });
}
