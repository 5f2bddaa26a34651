/** @file The text as ids of its bytes: those that occur are the vocabulary, in their order. */
import { stream } from '../../../native-models';
import { MongeError } from '../../../native-models/error';
import type { Inputs, TransferConfig } from './config';

export interface ByteText {
  /** Different bytes in it. */
  vocabulary: number;
  training: Int32Array;
  validation: Int32Array;
}

/** Reads a text and puts its end aside. @throws `too-few-tokens`, and the codes of the reader */
export async function readText(
  inputs: Inputs,
  { validation, context }: Pick<TransferConfig, 'validation' | 'context'>,
): Promise<ByteText> {
  const rows = await inputs.text.open();
  return byteText(rows.join('\n'), { validation, context, file: inputs.text.name });
}

/** @throws `too-few-tokens` where a part is not longer than the context */
export function byteText(
  text: string,
  { validation, context, file }: { validation: number; context: number; file?: string },
): ByteText {
  const bytes = new TextEncoder().encode(text);
  const ids = new Int32Array(256).fill(-1);
  let vocabulary = 0;
  const seen = new Set(bytes);
  for (let byte = 0; byte < 256; byte++) if (seen.has(byte)) ids[byte] = vocabulary++;
  const all = Int32Array.from(bytes, (byte) => ids[byte]!);
  const cut = all.length - Math.round(validation * all.length);
  const parts = { training: all.subarray(0, cut), validation: all.subarray(cut) };
  for (const [name, part] of Object.entries(parts))
    if (part.length <= context)
      throw new MongeError({
        code: 'too-few-tokens',
        blame: 'input',
        what: `the ${name} part of the text is shorter than what the model sees at once`,
        where: { ...(file !== undefined && { file }), key: 'context' },
        got: `${part.length} bytes`,
        expected: `at least ${context + 1}`,
        help: 'give a longer text or a shorter context',
      });
  return { vocabulary, ...parts };
}

/** Random stretches and what follows each byte: a function of seed and step, the same at every scale of the network. */
export function fillStretches(
  text: Int32Array,
  context: number,
  { seed, step }: { seed: number; step: number },
  ids: Int32Array,
  targets: Int32Array,
): void {
  const starts = new Int32Array(ids.length / context);
  stream(seed, 'transfer.batch', step).integers(starts, text.length - context);
  starts.forEach((start, row) => {
    ids.set(text.subarray(start, start + context), row * context);
    targets.set(text.subarray(start + 1, start + 1 + context), row * context);
  });
}
