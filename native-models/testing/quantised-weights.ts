/** @file A checkpoint's matrices rounded to blocks of GGUF, for tests that need quantised weights of a tiny model. */
import { numberToHalf } from '../io/halves';
import { dequantise } from '../io/blocks';
import type { WeightSource } from '../zoo/language/weights';

export type BlockType = 'Q4_0' | 'Q4_1' | 'Q8_0';

/** The source with every matrix of whole blocks in the type that `typeOf` says; null leaves one as it is. */
export async function quantisedWeights(
  source: WeightSource,
  typeOf: (name: string) => BlockType | null,
): Promise<WeightSource> {
  const blocks = new Map<string, { type: BlockType; bytes: Uint8Array }>();
  for (const name of source.names) {
    const shape = source.shape(name);
    const type = typeOf(name);
    if (type !== null && shape.length === 2 && shape[1]! % 32 === 0)
      blocks.set(name, { type, bytes: quantise(type, await source.float32(name)) });
  }
  return {
    names: source.names,
    has: (name) => source.has(name),
    shape: (name) => source.shape(name),
    type: (name) => blocks.get(name)?.type ?? source.type(name),
    bytes: async (name) => blocks.get(name)?.bytes ?? source.bytes(name),
    async float32(name) {
      const stored = blocks.get(name);
      return stored ? dequantise(stored.type, stored.bytes) : source.float32(name);
    },
  };
}

/** As simple as can be: the scale from the block's range. */
export function quantise(type: BlockType, values: Float32Array): Uint8Array {
  const size = { Q4_0: 18, Q4_1: 20, Q8_0: 34 }[type];
  const bytes = new Uint8Array((values.length / 32) * size);
  const view = new DataView(bytes.buffer);
  for (let at = 0, to = 0; at < values.length; at += 32, to += size) {
    const block = values.subarray(at, at + 32);
    const [least, most] = [Math.min(...block), Math.max(...block)];
    const bound = Math.max(-least, most);
    const scale = type === 'Q4_1' ? (most - least) / 15 : bound / (type === 'Q4_0' ? 7 : 127);
    view.setUint16(to, numberToHalf(scale), true);
    if (type === 'Q4_1') view.setUint16(to + 2, numberToHalf(least), true);
    const shift = type === 'Q4_1' ? -least : 0;
    const zero = type === 'Q4_0' ? 8 : 0;
    const whole = Array.from(block, (value) => Math.round((value + shift) / (scale || 1)) + zero);
    if (type === 'Q8_0') whole.forEach((q, k) => view.setInt8(to + 2 + k, q));
    else for (let k = 0; k < 16; k++) bytes[to + size - 16 + k] = whole[k]! | (whole[k + 16]! << 4);
  }
  return bytes;
}
