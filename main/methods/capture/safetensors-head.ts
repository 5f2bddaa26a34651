/** @file The head of a safetensors file of one matrix, of a length that is known before its rows are. */
import { MongeError } from '../../../native-models/error';

/** Spaces fill the head up, as the format allows. @throws `hook-name` for a name that leaves no room */
export function safetensorsHead(name: string, rows: number, width: number, bytes: number): Uint8Array {
  const entry = { dtype: 'F32', shape: [rows, width], data_offsets: [0, rows * width * 4] };
  const text = new TextEncoder().encode(JSON.stringify({ [name]: entry }));
  if (text.length > bytes - 8)
    throw new MongeError({
      code: 'hook-name',
      what: 'the name of this hook is too long for the head of its file',
      got: name,
    });
  const head = new Uint8Array(bytes).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(bytes - 8), true);
  head.set(text, 8);
  return head;
}
