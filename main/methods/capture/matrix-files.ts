/** @file Matrices that grow row by row in files of the run: space for the head is left free and filled when all rows are there. */
import { writeElements } from '../../../native-models/io/elements';
import type { RunContext } from '../../contract/define';
import { NPY_HEAD_BYTES, npyHead } from '../../disk/npy-head';
import { safetensorsHead } from './safetensors-head';

/** Bytes before the values; of safetensors enough for the name of a hook. */
export const headBytes = { npy: NPY_HEAD_BYTES, safetensors: 256 } as const;
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
