/** @file Every zoo model on ONNX Runtime: gradients and loss curve against PyTorch, and the exported file in a plain session. */
import { describe, it } from 'vitest';
import { zooCases } from '../../native-models/zoo/cases';
import { expectCurveParity, expectFaithfulExport, expectRuntimeParity } from './testing/zoo-parity';

describe.each(zooCases('tiny').map((zoo) => ({ name: zoo.name, zoo })))(
  '$name on ONNX Runtime',
  ({ zoo }) => {
    it('has the loss and gradients of PyTorch', () => expectRuntimeParity(zoo));
    it('has the loss curve of 20 steps of PyTorch’s AdamW', () => expectCurveParity(zoo));
    it('gives the same outputs as an exported file in a plain session', () => expectFaithfulExport(zoo));
  },
);
