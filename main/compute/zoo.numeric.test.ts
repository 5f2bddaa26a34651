/** @file Every zoo model on ONNX Runtime: gradients and loss curve against PyTorch, and the exported file in a plain session. */
import { describe, expect, it } from 'vitest';
import { zooCases } from '../../native-models/zoo/cases';
import {
  expectCurveParity,
  expectFaithfulExport,
  expectRuntimeParity,
  withoutDouble,
} from './testing/zoo-parity';

const cases = zooCases('tiny').map((zoo) => ({ name: zoo.name, zoo, lacking: withoutDouble(zoo) }));

describe.each(cases)('$name on ONNX Runtime', ({ zoo, lacking }) => {
  it('has the loss and gradients of PyTorch', () => expectRuntimeParity(zoo));
  it('has the loss curve of 20 steps of PyTorch’s AdamW', () => expectCurveParity(zoo, 'float32'));
  if (lacking.length === 0)
    it('has that curve in double precision to 1e-8', () => expectCurveParity(zoo, 'float64'));
  it('gives the same outputs as an exported file in a plain session', () => expectFaithfulExport(zoo));
});

it('only what uses convolution or the error function has no double-precision form', () => {
  const lacking = new Set(cases.flatMap((one) => one.lacking));
  expect([...lacking].sort()).toEqual(
    ['Conv', 'ConvTranspose', 'Erf', 'Gelu'].filter((op) => lacking.has(op)),
  );
  expect(cases.filter((one) => one.lacking.length === 0).length).toBeGreaterThan(9);
});
