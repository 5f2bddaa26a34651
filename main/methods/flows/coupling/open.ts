/** @file The coupling that the settings ask for. */
import { MongeError } from '../../../../native-models/error';
import type { FlowsConfig } from '../config';
import { semidiscretePools } from './semidiscrete';
import type { Coupling, PoolData } from './coupling';
import { cloudPools } from './pool';
import { replayPools } from './replay';
import { independentPairs, mapPairs } from './steps';

/** Whether the settings pair in pools. */
function pairsInPools({ coupling }: Pick<FlowsConfig, 'coupling'>): boolean {
  return coupling !== 'independent' && coupling !== 'map';
}

/**
 * Opens it; close it where it can be closed. Throws what the coupling cannot do before any work: `pair-log-…`,
 * `pool-too-large`, `assignment-pool-too-large`, `known-map-missing`, `labels-missing`.
 */
export async function openCoupling(
  data: PoolData,
  config: FlowsConfig,
  seed: number,
  notice: (message: string) => void,
): Promise<Coupling> {
  if (config.condition === 'label' && !data.labels) throw labelsMissing();
  if (data.stored && pairsInPools(config)) return replayPools(data.stored, data, notice);
  switch (config.coupling) {
    case 'independent':
      return independentPairs(data, seed);
    case 'map':
      return mapPairs(data, seed);
    case 'semidiscrete':
      return semidiscretePools(data, config, seed);
    case 'assignment':
    case 'sinkhorn':
      return cloudPools(data, config, seed);
  }
}

/** The error for a condition on labels that the data does not have. */
export function labelsMissing(): MongeError {
  return new MongeError({
    code: 'labels-missing',
    what: 'a flow conditioned on the label needs labels',
    where: { key: 'condition' },
    got: 'data without a label column',
    expected: 'a column with the role "label"',
    help: 'give the column of classes the role "label", or set condition=none',
  });
}
