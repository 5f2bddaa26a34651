/** @file What can be asked of a run: how well it predicted and what it wrote while it was trained. */
import * as v from 'valibot';
import { queryFor } from '../../contract/query';
import type { Inputs, TinyConfig } from './config';
import { looksOf } from './looks';

export const queries = {
  /** The looks at the validation text by step, each with the texts that were written. */
  samples: queryFor<TinyConfig, unknown, Inputs>()({
    args: v.optional(v.strictObject({}), {}),
    run: (run) => looksOf(run),
  }),
};
