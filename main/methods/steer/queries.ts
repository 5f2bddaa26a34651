/** @file The answers to the panel's questions, from what the run has kept so far. */
import { MongeError } from '../../../native-models/error';
import { answersFor } from '../../contract/query';
import { unpacked } from '../../disk/packed-json';
import type { SteerDetect, SteerStrength } from '../../contract/steer';
import type { Inputs, SteerConfig } from './config';
import { questions } from './questions';
import { names } from './stages';

export const answers = answersFor<SteerConfig, unknown, Inputs>()(questions, {
  overview: async () => missing(),
  maps: async () => missing(),
  units: async () => missing(),
  unit: async () => missing(),
  layers: async () => missing(),
  sweep: async () => missing(),
  texts: async () => missing(),
  async strength({ kept }) {
    const stored = await kept(names.strength);
    return stored && unpacked<SteerStrength>(stored);
  },
  async detect({ kept }) {
    const stored = await kept(names.detect);
    return stored && unpacked<SteerDetect>(stored);
  },
  file: async () => missing(),
});

function missing(): never {
  throw new MongeError({
    code: 'steer-unfinished',
    what: 'the run has not come so far yet',
    help: 'wait for the run, or resume it',
  });
}
