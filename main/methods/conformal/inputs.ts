/** @file What sets can be made from. */
import { input } from '../../contract/inputs';
import type { InputsOf } from '../../contract/opened';
import { withData, withModel } from './config';

export const inputs = {
  table: input('Table: Rows with features and two or more targets, or one column of classes.', {
    kind: 'dataset',
    optional: false,
    onlyWhen: withData,
    needs: 'table',
  }),
  second: input(
    'Later rows: A second file with the same columns, to see whether the sets still hold there.',
    { kind: 'dataset', optional: true, without: 'No drift check', onlyWhen: withData, needs: 'table' },
  ),
  model: input(
    'Model file: An ONNX file: one float input [rows, features], first output [rows, targets], in data units.',
    { kind: 'model', optional: false, onlyWhen: withModel },
  ),
};

export type Inputs = InputsOf<typeof inputs>;
