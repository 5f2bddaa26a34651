/** @file The head of a NumPy file whose rows are written in parts, before they are all there. */
import { encodeNpy } from '../../native-models';

/** Bytes before the values: what NumPy's own writer leaves. */
export const NPY_HEAD_BYTES = 128;

/** The head of single-precision values [rows, width]. */
export function npyHead(rows: number, width: number): Uint8Array {
  const empty = encodeNpy({ data: new Float32Array(0), shape: [0, width] });
  const dictionary = new TextDecoder('latin1').decode(empty.subarray(10)).trimEnd();
  const text = dictionary.replace(`(0, ${width})`, `(${rows}, ${width})`);
  const head = new Uint8Array(NPY_HEAD_BYTES);
  head.set(empty.subarray(0, 8));
  new DataView(head.buffer).setUint16(8, head.length - 10, true);
  head.set(new TextEncoder().encode(`${text.padEnd(head.length - 11)}\n`), 10);
  return head;
}
