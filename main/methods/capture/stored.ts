/** @file What a finished capture keeps of itself, for the questions that are asked of it. */
import { MongeError } from '../../../native-models/error';
import type { Arrays } from '../../contract/define';
import type { StoredRun } from '../../contract/query';
import { vector } from '../../disk/named-arrays';
import type { MatrixFormat } from './matrix-files';

const NAME = 'capture';
/** One line per text. */
export const ROWS_FILE = 'rows.jsonl';

export interface StoredCapture {
  hooks: { id: string; width: number }[];
  /** Texts. */
  rows: number;
  /** Rows of the matrices: texts, or tokens. */
  matrixRows: number;
  format: MatrixFormat;
  /** Whether every token is a row. */
  perToken: boolean;
  /** Whether the first token of a text counts. */
  first: boolean;
}

/** The name and the arrays that it is kept as. */
export function keptCapture(capture: StoredCapture): [string, Arrays] {
  return [NAME, { json: vector(new TextEncoder().encode(JSON.stringify(capture))) }];
}

/** @throws `capture-unfinished` before the last row is there */
export async function storedCapture({ kept }: Pick<StoredRun, 'kept'>): Promise<StoredCapture> {
  const arrays = await kept(NAME);
  if (arrays) return JSON.parse(new TextDecoder().decode(arrays.json!.data)) as StoredCapture;
  throw new MongeError({
    code: 'capture-unfinished',
    what: 'the rows can be looked at when all of them are captured',
    help: 'wait for the run, or resume it',
  });
}
