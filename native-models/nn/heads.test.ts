/** @file Heads and losses against densities written out by hand, and against what a good loss must reward. */
import { describe, expect, it } from 'vitest';
import { constant, evaluate, trace, type HostArray, type Tensor, type Tensors, type TensorType } from '..';
import { codeOf } from '../testing/code-of';
import { expectClose } from '../testing/expect-close';
import { gaussianHead, mixtureHead, quantileHead, whiten } from './heads';
import { crossEntropy, gaussianNll, mixtureNll, pinball } from './losses';

const double = (...shape: number[]): TensorType => ({ dtype: 'float64', shape });

function value(inputs: Record<string, HostArray>, build: (inputs: Tensors) => Tensor): Float64Array {
  const types = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [name, double(...shape)]),
  );
  return evaluate(
    trace('value', types, (given) => ({ value: build(given) })),
    inputs,
  ).value!.data;
}

describe('the Gaussian head', () => {
  it('with a diagonal covariance gives the textbook density', () => {
    const head = gaussianHead({ dimension: 2, covariance: 'diagonal', logVarianceRange: [-4, 4] });
    expect(head.width).toBe(4);
    const raw = [0.5, -1, 0.3, -0.7];
    const y = [1.25, -0.5];
    const [got] = value(
      { raw: { data: raw, shape: [1, 4] }, y: { data: y, shape: [1, 2] } },
      ({ raw: r, y: t }) => gaussianNll(head.read(r!), t!),
    );
    let expected = 0;
    for (const axis of [0, 1]) {
      const variance = Math.exp(4 * Math.tanh(raw[axis + 2]! / 4));
      expected += 0.5 * Math.log(2 * Math.PI * variance) + (y[axis]! - raw[axis]!) ** 2 / (2 * variance);
    }
    expectClose([got!], [expected], { rtol: 1e-12 });
  });

  it('keeps log-variances inside their interval for any output', () => {
    const head = gaussianHead({ dimension: 1, covariance: 'diagonal', logVarianceRange: [-3, 2] });
    const raw = { data: [0, -1e6, 0, 1e6], shape: [2, 2] };
    expect(value({ raw }, ({ raw: r }) => head.read(r!).logVariance)).toEqual(Float64Array.of(-3, 2));
  });

  it('whitens with a lower-triangular matrix whose entries are laid out row by row', () => {
    const head = gaussianHead({ dimension: 3, covariance: 'full', logVarianceRange: [-4, 4] });
    expect(head.width).toBe(9);
    const raw = { data: [0, 0, 0, 0, 0, 0, 10, 20, 30], shape: [1, 9] };
    const y = { data: [1, 2, 3], shape: [1, 3] };
    // W = [[1,0,0],[10,1,0],[20,30,1]]
    expectClose(
      value({ raw, y }, ({ raw: r, y: t }) => whiten(head.read(r!), t!)),
      [1, 12, 83],
      { rtol: 1e-12 },
    );
  });
});

describe('losses', () => {
  it('a mixture of equal components is the Gaussian, whatever the weights', () => {
    const one = gaussianHead({ dimension: 2, covariance: 'full' });
    const many = mixtureHead({ dimension: 2, covariance: 'full', components: 3 });
    const single = [0.2, -0.4, 0.1, -0.3, 0.8];
    const y = { data: [0.7, 0.1], shape: [1, 2] };
    const [expected] = value({ raw: { data: single, shape: [1, 5] }, y }, ({ raw, y: t }) =>
      gaussianNll(one.read(raw!), t!),
    );
    const [got] = value(
      { raw: { data: [3, -1, 0.5, ...single, ...single, ...single], shape: [1, 18] }, y },
      ({ raw, y: t }) => mixtureNll(many.read(raw!), t!),
    );
    expectClose([got!], [expected!], { rtol: 1e-12 });
  });

  it('the pinball loss over a sample is smallest at the quantile of its level', () => {
    const sample = Float64Array.from({ length: 101 }, (_, index) => index);
    const head = quantileHead({ dimension: 1, levels: [0.25] });
    const at = (quantile: number) =>
      value({ y: { data: sample, shape: [101, 1] } }, ({ y }) => {
        const raw = constant(
          Float64Array.from(sample, () => quantile),
          [101, 1],
        );
        return pinball(head.read(raw), y!, [0.25]);
      })[0]!;
    const losses = Array.from(sample, (_, index) => at(index));
    expect(losses.indexOf(Math.min(...losses))).toBe(25);
  });

  it('cross entropy is −log of the probability of the label, and weights choose the rows', () => {
    const logits = { data: [1, 2, 3, 0, -1, 4], shape: [2, 3] };
    const labels = constant(Int32Array.of(2, 0));
    const probability = (row: number[], label: number) =>
      Math.exp(row[label]!) / row.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const each = [-Math.log(probability([1, 2, 3], 2)), -Math.log(probability([0, -1, 4], 0))];
    expectClose(
      value({ logits }, (given) => crossEntropy(given.logits!, labels)),
      [(each[0]! + each[1]!) / 2],
      { rtol: 1e-12 },
    );
    expectClose(
      value({ logits }, (given) => crossEntropy(given.logits!, labels, constant(Float64Array.of(0, 3)))),
      [each[1]!],
      { rtol: 1e-12 },
    );
  });

  it('refuses heads of nothing', () => {
    expect(codeOf(() => mixtureHead({ dimension: 1, covariance: 'full', components: 0 }))).toBe('head-size');
    expect(codeOf(() => quantileHead({ dimension: 1, levels: [] }))).toBe('head-size');
    expect(codeOf(() => gaussianHead({ dimension: 0, covariance: 'full' }))).toBe('head-size');
  });
});
