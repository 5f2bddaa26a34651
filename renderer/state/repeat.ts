/** @file The shown run once more with twice as many points to couple: what would be started, or why it cannot be. */
import type { Json, MethodInfo, RunRecord, StartRequest } from '../../main/rpc/contract';
import { idsOf } from './references';

/** The exact assignment takes no larger pools. */
const mostAssigned = 4096;

/** Same data, settings and seed, twice the pool, and at least as many pairs kept; null where the run has no larger pool. */
export function doubledRun(run: RunRecord | null, method: MethodInfo | undefined): StartRequest | null {
  const pool = run?.config.poolSize;
  if (!run || !method || typeof pool !== 'number' || run.config.coupling === 'independent') return null;
  const data = idsOf(run);
  if (!data) return null;
  const poolSize = 2 * pool;
  const field = method.fields.find(({ key }) => key === 'poolSize');
  if (field?.maximum !== undefined && poolSize > field.maximum) return null;
  if (run.config.coupling === 'assignment' && poolSize > mostAssigned) return null;
  const { pairs } = run.config;
  const config: Record<string, Json> = { ...run.config, poolSize };
  if (typeof pairs === 'number') config.pairs = Math.max(pairs, poolSize);
  return {
    method: run.method,
    data,
    config,
    seed: run.seed,
    name: `${run.name.replace(/ · n = [\d,]+$/, '')} · n = ${poolSize.toLocaleString('en')}`,
  };
}
