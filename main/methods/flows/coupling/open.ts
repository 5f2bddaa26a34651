/** @file The coupling that the settings ask for, and the job `pairPool`, which pairs a pool beside the run. */
import type { Dataset } from '../../../contract/data';
import type { JobContext } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import type { Inputs } from '../inputs';
import { labelsMissing } from '../network';
import { pairData, prepareInputs, setRowsAside } from '../points/prepare';
import { cloudPools } from './clouds';
import type { Coupling, CouplingState, PairedPool, PairData } from './coupling';
import { replayPools } from './replay';
import { semidiscretePools } from './semidiscrete';
import { independentPairs, mapPairs } from './bank';

/**
 * Opens it; close it where it can be closed. Throws what the coupling cannot do before any work: `pair-log-…`,
 * `pool-too-large`, `assignment-pool-too-large`, `known-map-missing`, `labels-missing`.
 */
export async function openCoupling(
  data: PairData,
  config: FlowsConfig,
  seed: number,
  notice: (message: string) => void = () => undefined,
): Promise<Coupling> {
  const { coupling, condition } = config;
  if (condition === 'label' && !data.labels) throw labelsMissing();
  if (coupling === 'independent') return independentPairs(data, seed);
  if (coupling === 'map') return mapPairs(data, seed);
  if (data.stored) return replayPools(data.stored, data, notice);
  return coupling === 'semidiscrete' ? semidiscretePools(data, config, seed) : cloudPools(data, config, seed);
}

/** What the job is asked. */
export interface PairPoolArguments {
  pool: number;
  /** What `PoolCoupling.prepare` left. */
  state: CouplingState | null;
}

/** Data sets stay open between the jobs of a run, and so does what was made of them. */
const prepared = new WeakMap<Dataset, { key: string; data: Promise<PairData> }>();

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
  const coupling = await openCoupling(data, config, seed);
  if ('fill' in coupling) return null;
  try {
    const work = { compute, shouldStop: () => context.stopRequested(), onProgress: () => undefined };
    return await coupling.pair(work, pool, state);
  } finally {
    await coupling.close?.();
  }
}

function dataOf(inputs: Inputs, config: FlowsConfig, seed: number): Promise<PairData> {
  const key = JSON.stringify([seed, config]);
  const kept = inputs.data && prepared.get(inputs.data);
  if (kept?.key === key) return kept.data;
  const data = prepareInputs(inputs, config).then((points) => {
    const { training } = setRowsAside(points.matrix.rows, config.heldOut, seed);
    return { ...pairData(points, training, config), stored: inputs.pairs };
  });
  if (inputs.data) prepared.set(inputs.data, { key, data });
  return data;
}
