/** @file Final metrics as rows to read: the method's own wording where it has one, the raw names otherwise. */
import type { RunRecord } from '../../main/rpc/contract';

export interface NumberRow {
  label: string;
  value: number;
  unit?: string;
  /** Floor, chance level or meaning of the ends: `floor 0.028`. */
  reference?: string;
  help: string;
}

type Wording = (record: RunRecord) => NumberRow[];

const modules = import.meta.glob<{ numbers?: Wording }>('../panels/*/numbers.ts', { eager: true });
const wordings = new Map(
  Object.entries(modules).map(([path, module]) => [path.split('/').at(-2), module.numbers] as const),
);

/** The rows of a run's Numbers section, in reading order. */
export function numberRows(record: RunRecord): NumberRow[] {
  const wording = wordings.get(record.method);
  if (wording) return wording(record);
  return Object.entries(record.metrics).map(([label, value]) => ({ label, value, help: label }));
}
