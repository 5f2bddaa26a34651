/** @file The labs of models that were looked at: kept, so that coming back finds a model as it was left. */
import type { ModelInfo } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { LabState } from './lab.svelte';

const kept = new WeakMap<EngineClient, Map<string, LabState>>();

/** The lab of a language model. */
export function labOf(engine: EngineClient, info: ModelInfo): LabState {
  const labs = kept.get(engine) ?? new Map<string, LabState>();
  kept.set(engine, labs);
  const lab = labs.get(info.id) ?? new LabState(engine, info, info.language!);
  labs.set(info.id, lab);
  return lab;
}
