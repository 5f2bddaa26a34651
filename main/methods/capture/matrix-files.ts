/** @file Matrices that grow row by row in files of the run: space for the head is left free and filled when all rows are there. */
import { encodeNpy } from '../../../native-models';
import { writeElements } from '../../../native-models/io/elements';
import type { RunContext } from '../../contract/define';
import { safetensorsHead } from './safetensors-head';

/** Bytes before the values: what NumPy's own writer leaves, and enough for the name of a hook. */
export const headBytes = { npy: 128, safetensors: 256 } as const;
export type MatrixFormat = keyof typeof headBytes;

type Writer = Pick<RunContext, 'artifactPart' | 'artifactDone'>;

/** `resid_post-19.npy`: a colon is no part of a file's name everywhere. */
export function fileOf(hook: string, format: MatrixFormat): string {
  return `${hook.replaceAll(':', '-')}.${format}`;
}

/** Rows [rows, width] written behind `before` rows that are there already. */
export async function writeRows(
  context: Writer,
  { id, width }: { id: string; width: number },
  formats: readonly MatrixFormat[],
  before: number,
  values: Float32Array,
): Promise<void> {
  const bytes = writeElements({ data: values, shape: [values.length] });
  for (const format of formats)
    await context.artifactPart(fileOf(id, format), headBytes[format] + before * width * 4, bytes);
}

/** Writes the head, without which a file cut short is no array at all. */
export async function finishMatrix(
  context: Writer,
  { id, width }: { id: string; width: number },
  formats: readonly MatrixFormat[],
  rows: number,
): Promise<void> {
  for (const format of formats) {
    const head =
      format === 'npy' ? npyHead(rows, width) : safetensorsHead(id, rows, width, headBytes[format]);
    await context.artifactPart(fileOf(id, format), 0, head);
    context.artifactDone(fileOf(id, format));
  }
}

/** The head of an array of no rows, with the sizes that it is to have. */
function npyHead(rows: number, width: number): Uint8Array {
  const empty = encodeNpy({ data: new Float32Array(0), shape: [0, width] });
  const dictionary = new TextDecoder('latin1').decode(empty.subarray(10)).trimEnd();
  const text = dictionary.replace(`(0, ${width})`, `(${rows}, ${width})`);
  const head = new Uint8Array(headBytes.npy);
  head.set(empty.subarray(0, 8));
  new DataView(head.buffer).setUint16(8, head.length - 10, true);
  head.set(new TextEncoder().encode(`${text.padEnd(head.length - 11)}\n`), 10);
  return head;
}
