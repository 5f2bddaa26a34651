/** @file 10,000 stretches of ../shared/data/text: a hash of ids and of decoded texts for each hundred, against Python's. Skipped loudly where absent. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openTokenizer } from './open';
import { kinds, reference } from './testing/references';

const FOLDER = '../shared/data/text';
const present = existsSync(FOLDER);
if (!present) console.warn(`SKIPPED: tokenizers on 10,000 real lines, because ${FOLDER} is not there`);

/** As `shared_samples` of bench/reference/tokenizers.py. */
function samples(): string[] {
  const names = readdirSync(FOLDER).sort();
  const result: string[] = [];
  for (const name of names) {
    const bytes = readFileSync(join(FOLDER, name));
    const lines = name.endsWith('.gz')
      ? gunzipSync(bytes)
          .toString('utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => (JSON.parse(line) as { text: string }).text)
          .join('\n')
          .split('\n')
      : bytes.toString('utf8').split('\n');
    let at = 0;
    for (let index = 0; index < Math.ceil(10_000 / names.length); index++) {
      const many = index % 10 === 9 ? 5 : 1;
      result.push([...lines.slice(at, at + many).join('\n')].slice(0, 20_000).join(''));
      at += many;
    }
  }
  return result.slice(0, 10_000);
}

describe.skipIf(!present)('on 10,000 stretches of real text', { timeout: 120_000 }, () => {
  const texts = present ? samples() : [];

  it.each(kinds)('%s gives the ids and texts of Python', (kind) => {
    const { tokenizer: json, shared } = reference(kind);
    const tokenizer = openTokenizer({ kind: 'json', tokenizer: json });
    const found: { ids: string[]; texts: string[] } = { ids: [], texts: [] };
    for (let start = 0; start < texts.length; start += 100) {
      const [ofIds, ofTexts] = [createHash('sha256'), createHash('sha256')];
      for (const text of texts.slice(start, start + 100)) {
        const ids = tokenizer.ids(text);
        ofIds.update(Int32Array.from([...ids, -1]));
        ofTexts.update(tokenizer.decode(ids, { skipSpecial: true }) + '\0');
      }
      found.ids.push(ofIds.digest('hex').slice(0, 16));
      found.texts.push(ofTexts.digest('hex').slice(0, 16));
    }
    expect(texts).toHaveLength(10_000);
    expect(found).toEqual(shared);
  });
});
