/** @file 10,000 stretches of ../shared/data/text: a hash of ids and of decoded texts for each hundred, against Python's. Skipped loudly where absent. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openTokenizer } from './open';
import { kinds, reference } from './testing/references';
import { chunkHashes, FOLDER, samples } from './testing/shared-texts';

const present = existsSync(FOLDER);
if (!present) console.warn(`SKIPPED: tokenizers on 10,000 real lines, because ${FOLDER} is not there`);

describe.skipIf(!present)('on 10,000 stretches of real text', { timeout: 120_000 }, () => {
  const texts = present ? samples() : [];

  it.each(kinds)('%s gives the ids and texts of Python', (kind) => {
    const { tokenizer: json, shared } = reference(kind);
    expect(texts).toHaveLength(10_000);
    expect(chunkHashes(openTokenizer({ kind: 'json', tokenizer: json }), texts)).toEqual(shared);
  });
});
