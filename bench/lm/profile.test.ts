/** @file The tables of `monge bench lm --profile`. */
import { expect, it } from 'vitest';
import { profileTable } from './profile';

it('names operators of one per cent and more, and adds up the rest', () => {
  const table = profileTable('chat, ms a token', { Gemm: 6, Reshape: 0.005, Softmax: 3.99, Cast: 0.005 });
  expect(table.split('\n')).toEqual([
    'chat, ms a token',
    '     10.000  100 %  all kernels',
    '      6.000   60 %  Gemm',
    '      3.990   40 %  Softmax',
    '      0.010    0 %  the rest',
  ]);
});
