/** @file The shapes of all query arguments, checked before any work. */
import * as v from 'valibot';

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(40));
const ids = v.pipe(v.array(id), v.maxLength(40));
const alpha = v.pipe(v.number(), v.minValue(1e-6), v.maxValue(0.999_999));
const row = v.pipe(v.number(), v.integer(), v.minValue(0));
const target = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000));
const pair = v.tuple([target, target]);

export const noArguments = v.optional(v.strictObject({}));
export const regionsArguments = v.strictObject({
  scores: ids,
  alpha,
  row,
  pair,
  through: v.picklist(['slice', 'projection']),
});
export const meshArguments = v.strictObject({ score: id, alpha, row });
export const contoursArguments = v.strictObject({ score: id, alpha, row, pair });
export const coverageArguments = v.strictObject({ scores: ids });
export const scoreArguments = v.strictObject({ score: id, alpha });
export const transportArguments = v.strictObject({ score: id });
export const scoresArguments = v.strictObject({ scores: ids, alpha });
export const rowArguments = v.strictObject({ row, alpha });
export const transductiveArguments = v.strictObject({
  alpha,
  points: v.pipe(v.number(), v.integer(), v.minValue(10), v.maxValue(200)),
});
export const fileArguments = v.strictObject({
  kind: v.picklist(['report', 'geojson', 'outline', 'membership']),
  score: v.optional(id),
  alpha: v.optional(alpha),
  row: v.optional(row),
  pair: v.optional(pair),
  through: v.optional(v.picklist(['slice', 'projection'])),
});
