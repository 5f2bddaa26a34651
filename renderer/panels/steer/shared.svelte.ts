/** @file The state of the panel for what stands beside it: the headline numbers of the inspector follow its strength. */
import type { EngineClient } from '../../engine/client';
import type { SteerState } from './steer.svelte';

class Shared {
  steer = $state.raw<SteerState | null>(null);
}

const kept = new WeakMap<EngineClient, Shared>();

/** Null in it while the panel is not there. */
export function sharedSteer(engine: EngineClient): Shared {
  const found = kept.get(engine) ?? new Shared();
  kept.set(engine, found);
  return found;
}
