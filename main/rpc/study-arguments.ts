/** @file The arguments of the calls about studies. */
import * as v from 'valibot';
import type { StudiesApi, StudyDefinition } from '../contract/study';
import {
  argument,
  bytes,
  config,
  count,
  identifier,
  inputs,
  json,
  shortText,
  type Argument,
} from './arguments';
import { ofInputs } from './opened-elsewhere';

type Row<P extends unknown[]> = { [I in keyof P]-?: Argument<P[I]> };

/** Most trials whose curves are asked for at once. */
const MOST_CURVES = 5000;
const point = v.pipe(v.record(shortText, json), v.maxEntries(256));
/** The engine reads definitions and spaces itself, and says of each key what is wrong with it. */
const definition = v.custom<Partial<StudyDefinition>>(
  (value) => v.is(config, value),
  'Invalid value: an object of plain JSON expected',
);
const space = v.custom<StudyDefinition['space']>(
  (value) => v.is(config, value),
  'Invalid value: an object of plain JSON expected',
);
const pruner = v.custom<StudyDefinition['pruner']>(
  (value) => v.is(v.strictObject({ kind: shortText, options: config }), value),
  'Invalid value: a kind and its options expected',
);
const id = argument('id', identifier);
const trial = argument('number', count);

export const studyCalls: { readonly [M in keyof StudiesApi]: Row<Parameters<StudiesApi[M]>> } = {
  listStudies: [],
  study: [id],
  createStudy: [
    argument('definition', definition, ({ data }) =>
      typeof data === 'object' && data !== null ? ofInputs(data) : [],
    ),
  ],
  suggestStudy: [
    argument('method', identifier),
    argument('data', inputs, ofInputs),
    argument('config', config),
  ],
  startStudy: [id, argument('trials', v.optional(v.pipe(count, v.minValue(1), v.maxValue(1_000_000))))],
  stopStudy: [id, argument('how', v.picklist(['finish', 'cancel'] as const))],
  trashStudy: [id],
  restoreStudy: [id],
  trialColumns: [id],
  trial: [id, trial],
  trialCurves: [id, argument('trials', v.pipe(v.array(count), v.maxLength(MOST_CURVES)))],
  rehearsePruner: [id, argument('pruner', pruner)],
  predictStudy: [
    id,
    argument(
      'request',
      v.strictObject({ axis: shortText, rate: shortText, at: v.pipe(v.number(), v.finite()) }),
    ),
  ],
  enqueueTrial: [id, argument('point', point)],
  retryTrial: [id, trial],
  changeSpace: [id, argument('space', space)],
  promoteTrial: [id, trial],
  trialCommand: [id, trial],
  exportStudy: [id, argument('format', v.picklist(['csv', 'json', 'hiplot', 'optuna'] as const))],
  importStudy: [
    argument('file', shortText),
    argument('bytes', bytes),
    argument('more', definition, ({ data }) =>
      typeof data === 'object' && data !== null ? ofInputs(data) : [],
    ),
  ],
};
