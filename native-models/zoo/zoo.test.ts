/** @file Every zoo model in double precision against PyTorch: the loss and all gradients to 1e-8. */
import { describe, expect, it } from 'vitest';
import {
  expectInterpreterParity,
  expectParity,
  loadFixture,
  lossAndGradients,
  PARITY_TOLERANCE,
} from '../testing/parity';
import { zooCases } from './cases';

describe.each(zooCases('tiny').map((zoo) => ({ name: zoo.name, zoo })))('$name', ({ zoo }) => {
  it('has the loss and gradients of PyTorch', () => {
    expectInterpreterParity(zoo);
  });

  it('makes the same batch for the same seed and step, and another one for another step', () => {
    expect(zoo.batch(1, 2)).toEqual(zoo.batch(1, 2));
    expect(zoo.batch(1, 2)).not.toEqual(zoo.batch(1, 3));
    expect(zoo.batch(1, 2)).not.toEqual(zoo.batch(2, 2));
    for (const [name, { data, shape }] of Object.entries(zoo.batch(1, 2))) {
      expect(shape, name).toEqual(zoo.stream[name]!.shape);
      expect(data.length, name).toBe(shape.reduce((product, size) => product * size, 1));
    }
  });
});

describe.each(zooCases('bench').map((zoo) => ({ name: zoo.name, zoo })))(
  '$name to be measured',
  ({ zoo }) => {
    it('can be differentiated, and its batches have the shapes it declares', () => {
      const graph = lossAndGradients(zoo, 'float32');
      expect(graph.outputs).toHaveLength(1 + Object.keys(zoo.module.parameters).length);
      const batch = zoo.batch(1, 0);
      for (const [name, { shape }] of Object.entries(zoo.stream)) expect(batch[name]!.shape).toEqual(shape);
    });
  },
);

describe('the comparison itself', () => {
  const fixture = loadFixture('velocity-mlp');
  const gradients = Object.fromEntries(
    Object.entries(fixture.gradients).map(([name, { data }]) => [name, Float64Array.from(data)]),
  );

  it('accepts the fixture and refuses a gradient that is off in one element', () => {
    expectParity({ loss: fixture.loss, gradients }, fixture, PARITY_TOLERANCE.float64);
    const off = {
      ...gradients,
      'layer1.bias': gradients['layer1.bias']!.map((v, i) => (i === 3 ? v * 1.01 : v)),
    };
    expect(() => expectParity({ loss: fixture.loss, gradients: off }, fixture, 1e-4)).toThrow(/layer1.bias/);
    expect(() => expectParity({ loss: fixture.loss * 1.001, gradients }, fixture, 1e-4)).toThrow(/not-close/);
    const { 'layer1.bias': _, ...missing } = gradients;
    expect(() => expectParity({ loss: fixture.loss, gradients: missing }, fixture, 1e-4)).toThrow(
      /numbers of values/,
    );
  });
});
