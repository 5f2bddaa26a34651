/** @file The Probes method: what a model holds to be true, task by task, and whether a direction of one task is one of another. */
import { defineMethod } from '../../contract/define';
import { claims } from './claims';
import { config, inputs } from './config';
import { figures } from './figures';
import { metrics } from './metrics';
import { answers } from './queries';
import { runProbes } from './run';

export const probes = defineMethod({
  id: 'probes',
  title: 'Probes',
  summary:
    'Trains probes of truth on several tasks and tests each on all, beside what chance and the words alone reach.',
  cite: 'arXiv:2506.08572',
  icon: 'radar',
  inputs,
  config,
  run: runProbes,
  queries: answers,
  figures,
  metrics,
  // The paper's orderings are looked for in every run, and told as found or absent (docs/results/probes.md); none is promised.
  claims,
});
