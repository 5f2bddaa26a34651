/** @file The Generate method: a language model goes on from prompts, and every token is kept with its probability. */
import * as v from 'valibot';
import { defineMethod } from '../../contract/define';
import { queryFor } from '../../contract/query';
import { config, inputs, type GenerateConfig, type Inputs } from './config';
import { figures } from './figures';
import { metrics } from './metrics';
import { runGenerate } from './run';
import { storedTexts } from './texts';

export const generate = defineMethod({
  id: 'generate',
  title: 'Generate',
  summary: 'Lets a language model go on from prompts, and keeps every token with its probability.',
  cite: 'arXiv:1904.09751',
  icon: 'binary',
  inputs,
  config,
  run: runGenerate,
  queries: {
    /** The texts so far, in the order of the prompts. */
    texts: queryFor<GenerateConfig, unknown, Inputs>()({
      args: v.optional(v.strictObject({}), {}),
      run: (run) => storedTexts(run),
    }),
  },
  figures,
  metrics,
  // A model's texts are its own; there is nothing that this method would claim of them.
  claims: [],
});
