/** @file The vocabulary inside SmolLM2's GGUF file: every id as llama.cpp gives it, on lines of ours and 10,000 stretches of real text. Skipped loudly where the model, or the texts, are absent. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint, tokenizerOf } from '../../models/checkpoint';
import { realModel } from '../../models/testing/real-models';
import { openTokenizer } from './open';
import type { Tokenizer } from './tokenizer';
import { chunkHashes, FOLDER, samples } from './testing/shared-texts';
import { llamaReference, reference } from './testing/references';

const file = realModel('smollm2');
const hasTexts = existsSync(FOLDER);
if (!hasTexts)
  console.warn(`SKIPPED: SmolLM2's tokenizer on 10,000 real lines, because ${FOLDER} is not there`);

const digest = (ids: readonly number[]): string =>
  createHash('sha256').update(Int32Array.from(ids)).digest('hex').slice(0, 8);

describe.skipIf(!file)("SmolLM2's vocabulary", { timeout: 120_000 }, () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = openTokenizer(tokenizerOf(await openCheckpoint(file!)));
  });

  it('splits digits, and knows its special tokens', () => {
    expect(tokenizer.special).toMatchObject({ bos: 1, eos: 2, pad: 2, unk: 0 });
    const tokens = tokenizer.encode('<|im_start|>user\n17²').map(({ text }) => text);
    expect(tokens).toEqual(['<|im_start|>', 'user', 'Ċ', '1', '7', 'Â²']);
  });

  it('gives the ids of llama.cpp on lines of all kinds', () => {
    const { lines } = llamaReference();
    expect(lines.length).toBeGreaterThan(60);
    for (const { text, ids } of lines) expect(tokenizer.ids(text), JSON.stringify(text)).toEqual(ids);
  });

  it.skipIf(!hasTexts)(
    'gives the ids of llama.cpp on every one of 10,000 stretches, and the texts back',
    () => {
      const { shared } = llamaReference();
      const texts = samples();
      const others = texts.flatMap((text, k) =>
        digest(tokenizer.ids(text)) === shared.slice(8 * k, 8 * k + 8) ? [] : [k],
      );
      expect(shared).toHaveLength(8 * 10_000);
      expect(others).toEqual([]);
      // Python's library with the same vocabulary: its ids, and what it decodes them to.
      expect(chunkHashes(tokenizer, texts)).toEqual(reference('smollm2').shared);
    },
  );
});
