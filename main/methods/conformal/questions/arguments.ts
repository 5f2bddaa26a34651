/** @file Arguments that many questions about sets share. */
import * as v from 'valibot';

export const score = v.pipe(v.string(), v.minLength(1), v.maxLength(40));
export const scores = v.pipe(v.array(score), v.maxLength(40));
export const alpha = v.pipe(v.number(), v.minValue(1e-6), v.maxValue(0.999_999));
/** Which test row, counted from 0. */
export const row = v.pipe(v.number(), v.integer(), v.minValue(0));
const target = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000));
/** The two targets that are drawn. */
export const pair = v.tuple([target, target]);
/** For more than two targets: all others at the predicted mean, or everything that can be reached by moving them. */
export const through = v.picklist(['slice', 'projection']);
