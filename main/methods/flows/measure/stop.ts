/** @file Measures that a person can stop: they give up from within, and nothing is told of them. */
import type { Velocity } from '../../../ode/fixed';

const STOPPED = new Error('stopped');

/** Ends the work of `unlessStopped` from within. */
export function giveUp(): never {
  throw STOPPED;
}

/** What `work` resolves to; null where it gave up. */
export async function unlessStopped<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown === STOPPED) return null;
    throw thrown;
  }
}

/** The velocity, which gives up once `shouldStop` says so. */
export function stoppable(velocity: Velocity, shouldStop: () => boolean): Velocity {
  return (time, points) => (shouldStop() ? giveUp() : velocity(time, points));
}
