/** @file Headings of the form, and the conditions under which settings are shown. */

export const TABLE = 'Table';
export const SETS = 'Sets';
export const BASE = 'Base model';
export const TRANSPORT = 'Transport';
export const SPLIT = 'Split';

export const withData = { key: 'problem', values: ['data'] };
export const withColumns = { key: 'base', values: ['column'] };
export const withModel = { key: 'base', values: ['onnx'] };
export const withForest = { key: 'base', values: ['forest'] };
