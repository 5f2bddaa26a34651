/** @file Arguments that many questions about a flow share. */
import * as v from 'valibot';
import { whole } from '../../../contract/query';

export const countArgument = (maximum: number) => whole(1, maximum);

/** Step of a snapshot. */
export const stepArgument = v.union([whole(0, Infinity), v.literal('latest')]);
export const solver = v.picklist(['euler', 'midpoint', 'heun', 'rk4', 'dopri5', 'dpm2']);
/** Function evaluations asked for; dopri5 chooses its own. */
export const evaluations = countArgument(1000);
export const budgets = v.pipe(v.array(evaluations), v.minLength(1), v.maxLength(16));
/** The same noise for the same seed, whatever the model, class, solver or budget; fewer points are a prefix of more. */
export const noiseSeed = whole(0, Number.MAX_SAFE_INTEGER);
