/** @file What sets can be made from. */
import type { InputDeclarations } from '../../contract/inputs';
import type { InputsOf } from '../../contract/opened';
import { withData, withModel } from './config';

export const inputs = {
  table: {
    kind: 'dataset',
    title: 'Table',
    help: 'Rows with features and two or more targets, or one column of classes.',
    optional: false,
    onlyWhen: withData,
    needs: 'table',
  },
  second: {
    kind: 'dataset',
    title: 'Later rows',
    help: 'A second file with the same columns, to see whether the sets still hold there.',
    optional: true,
    without: 'No drift check',
    onlyWhen: withData,
    needs: 'table',
  },
  model: {
    kind: 'model',
    title: 'Model file',
    help: 'An ONNX file: one float input [rows, features], first output [rows, targets], in data units.',
    optional: false,
    onlyWhen: withModel,
  },
} as const satisfies InputDeclarations;

export type Inputs = InputsOf<typeof inputs>;
