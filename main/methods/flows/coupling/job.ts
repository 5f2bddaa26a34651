/** @file Pairs a pool beside the run: the job `pairPool`. */
import type { Dataset } from '../../../contract/data';
import type { JobContext } from '../../../contract/define';
import type { Inputs } from '../inputs';
import type { FlowsConfig } from '../config';
import { poolDataOf } from '../points/pool-data';
import type { CouplingState, PairedPool, PoolData } from './coupling';
import { openCoupling } from './open';

/** What the job is asked. */
export interface PairPoolArguments {
  pool: number;
  /** What `PoolCoupling.prepare` left. */
  state: CouplingState | null;
}

/** Data sets stay open between the jobs of a run, and so does what was made of them. */
const prepared = new WeakMap<Dataset, { key: string; data: Promise<PoolData> }>();

/** Pool number `pool` as the run itself would pair it; null when it is not wanted any more. */
export async function pairPool(
  context: JobContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<PairedPool | null> {
  const { seed, compute } = context;
  const { pool, state } = args as PairPoolArguments;
  const data = await dataOf(inputs, config, seed);
  if (context.stopRequested()) return null;
  const coupling = await openCoupling(data, config, seed, () => undefined);
  if (coupling.kind !== 'pools') return null;
  try {
    const work = { compute, shouldStop: () => context.stopRequested(), onProgress: () => undefined };
    return await coupling.pair(work, pool, state);
  } finally {
    await coupling.close?.();
  }
}

function dataOf(inputs: Inputs, config: FlowsConfig, seed: number): Promise<PoolData> {
  const key = JSON.stringify([seed, config]);
  const kept = inputs.data && prepared.get(inputs.data);
  if (kept?.key === key) return kept.data;
  const data = poolDataOf(inputs, config, seed);
  if (inputs.data) prepared.set(inputs.data, { key, data });
  return data;
}
