/** @file A finished check as a run keeps it, for its question and figures. */
import type { ParameterisationName } from '../../../../native-models';
import type { Arrays, NamedArray } from '../../../contract/define';
import type { StoredRun } from '../../../contract/query';
import { vector } from '../../../disk/named-arrays';
import type { ModuleName } from './observe';
import type { Axis, Slope } from './verdict';

/** Sizes of one rule at one scale, geometric means over the seeds, step by step from 0. */
export interface CheckPoint {
  rule: ParameterisationName;
  scale: number;
  sizes: Record<ModuleName, number[]>;
  changes: Record<ModuleName, number[]>;
}

export interface Check {
  task: 'coordinates' | 'gradients' | 'epsilon';
  axis: Axis;
  scales: number[];
  /** The control first. */
  rules: ParameterisationName[];
  /** At the last step. */
  slopes: Slope[];
  points: CheckPoint[];
  /** Whether the rule of the settings is inside every band. */
  passes: boolean;
  /** Whether the control leaves its band; if not, the check is too easy to tell anything. */
  controlFails: boolean;
}

const NAME = 'check';

export function keptCheck(check: Check): [string, Arrays] {
  return [NAME, { json: vector(new TextEncoder().encode(JSON.stringify(check))) }];
}

/** The check of a run; null of a training, and before it is done. */
export async function checkOf({
  keptNames,
  kept,
}: Pick<StoredRun, 'keptNames' | 'kept'>): Promise<Check | null> {
  if (!keptNames.includes(NAME)) return null;
  const { json } = (await kept(NAME)) as Record<'json', NamedArray>;
  return JSON.parse(new TextDecoder().decode(json.data)) as Check;
}
