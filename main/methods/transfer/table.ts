/** @file The resolved hyperparameters as they are kept with a run: every number with the factors that made it. */
import type { Resolved } from '../../../native-models';
import type { Arrays, NamedArray } from '../../contract/define';
import type { StoredRun } from '../../contract/query';
import { vector } from '../../disk/named-arrays';

const NAME = 'resolved';

/** The name and the arrays that the table is kept as. */
export function keptTable(resolved: Resolved): [string, Arrays] {
  return [NAME, { json: vector(new TextEncoder().encode(JSON.stringify(resolved))) }];
}

/** The table of a run; null before there is one. */
export async function tableOf({
  keptNames,
  kept,
}: Pick<StoredRun, 'keptNames' | 'kept'>): Promise<Resolved | null> {
  if (!keptNames.includes(NAME)) return null;
  const { json } = (await kept(NAME)) as Record<'json', NamedArray>;
  return JSON.parse(new TextDecoder().decode(json.data)) as Resolved;
}
