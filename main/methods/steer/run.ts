/** @file A run: texts, hooks, maps, the sweep, then what is learned from it; each stage is stored before the next begins. */
import { MongeError } from '../../../native-models/error';
import type { RunContext } from '../../contract/define';
import type { Inputs, SteerConfig } from './config';

export async function runSteer(
  _context: RunContext,
  _inputs: Inputs,
  config: SteerConfig,
): Promise<'done' | 'stopped'> {
  throw new MongeError({ code: 'steer-unfinished', what: `steering of ${config.subject} is not there yet` });
}
