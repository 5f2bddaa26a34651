/** @file What bits per byte are read against: counting bytes, counting pairs of bytes, and a general compressor. */
import { deflateSync } from 'fflate';

/** The farthest back that deflate looks. */
const WINDOW = 32_768;

export interface ByteReferences {
  unigram: number;
  bigram: number;
  deflate: number;
}

/**
 * Bits per byte of the validation text under byte frequencies of the training text, under those of pairs, and of deflate
 * at its highest level, which may look back into the end of the training text.
 */
export function byteReferences(training: Uint8Array, validation: Uint8Array): ByteReferences {
  const ones = new Float64Array(256);
  const pairs = new Float64Array(256 * 256);
  training.forEach((byte, at) => {
    ones[byte]! += 1;
    if (at > 0) pairs[256 * training[at - 1]! + byte]! += 1;
  });
  const before = new Float64Array(256);
  pairs.forEach((count, pair) => (before[pair >> 8]! += count));
  let [unigram, bigram] = [0, 0];
  validation.forEach((byte, at) => {
    // One more of every byte, so that none is impossible; a pair is backed by as much as one observation of the byte.
    const single = (ones[byte]! + 1) / (training.length + 256);
    const left = at > 0 ? validation[at - 1]! : training.at(-1)!;
    const pair = (pairs[256 * left + byte]! + single) / (before[left]! + 1);
    unigram -= Math.log2(single);
    bigram -= Math.log2(pair);
  });
  const packed = deflateSync(validation, { level: 9, dictionary: training.subarray(-WINDOW) });
  const count = validation.length;
  return { unigram: unigram / count, bigram: bigram / count, deflate: (8 * packed.length) / count };
}
