/** @file The rules for the forms of matrices: what is slow or silently another model never comes about. */
import { expect, it } from 'vitest';
import { weightTypes, type WeightType } from '../../../io/weight-types';
import { accuracyLevel, matrixForm, numericLevels } from './level';

const types = Object.keys(weightTypes) as WeightType[];

it('never has 8-bit products at level 0, where they are twelve times slower than fp32', () => {
  for (const level of numericLevels)
    for (const type of types)
      if (matrixForm(type, 256, level).kind === 'eight')
        expect(accuracyLevel(level), `${type} ${level}`).toBe(4);
});

it('rounds nothing outside chat, and says where it does', () => {
  for (const type of types) {
    expect(matrixForm(type, 256, 'fp32')).toEqual({ kind: 'fp32', minimum: false, requantised: false });
    expect(matrixForm(type, 256, '4-bit-0').requantised, type).toBe(false);
  }
  expect(matrixForm('F32', 256, '4-bit-4')).toMatchObject({ kind: 'eight', requantised: true });
  expect(matrixForm('Q6_K', 256, '4-bit-4')).toMatchObject({ kind: 'eight', requantised: true });
  expect(matrixForm('Q4_1', 256, '4-bit-4')).toEqual({ kind: 'four', minimum: true, requantised: false });
});

it('widens rows that are no whole blocks', () => {
  expect(matrixForm('F32', 40, '4-bit-4').kind).toBe('fp32');
});
