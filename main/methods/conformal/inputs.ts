/** @file What sets can be made from. */
import { input } from '../../contract/inputs';
import type { InputsOf } from '../../contract/opened';
import { withData, withModel } from './config';

const rows = { kind: 'dataset', onlyWhen: withData, needs: 'table' } as const;

export const inputs = {
  table: input('Table: Rows with features and two or more targets, or one column of classes.', {
    ...rows,
    optional: false,
  }),
  second: input(
    'Later rows: A second file with the same columns, to see whether the sets still hold there.',
    { ...rows, optional: true, without: 'No drift check' },
  ),
  model: input(
    'Model file: An ONNX file: one float input [rows, features], first output [rows, targets], in data units.',
    { kind: 'model', optional: false, onlyWhen: withModel },
  ),
};

export type Inputs = InputsOf<typeof inputs>;
