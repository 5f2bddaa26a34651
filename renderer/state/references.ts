/** @file What a run was given, as the view asks for it again. */
import type { InputIds, InputReference, RunRecord } from '../../main/rpc/contract';

type DatasetReference = Extract<InputReference, { kind: 'dataset' }>;

/** The data sets that a run was given. */
export function dataOf(run: RunRecord): DatasetReference[] {
  return run.inputs.filter((one) => one.kind === 'dataset');
}

/** Rows of the data set that a run was given as this input; undefined without one. */
export function rowsOf(run: RunRecord, input: string): number | undefined {
  return dataOf(run).find((one) => one.input === input)?.rows;
}

/** The ids by which the engine knows what a run was given; null where an earlier version kept no hash of a file. */
export function idsOf(run: RunRecord): InputIds | null {
  const ids: InputIds = {};
  for (const reference of run.inputs) {
    const id = idOf(reference);
    if (id === '') return null;
    const before = ids[reference.input];
    ids[reference.input] = before === undefined ? id : [before, id].flat();
  }
  return ids;
}

function idOf({ kind, path, sha256 }: InputReference): string {
  return kind === 'run' ? (path.split(/[/\\]/).at(-1) ?? '') : sha256.slice(0, 16);
}
