/** @file The 10,000 stretches of ../shared/data/text that bench/reference/tokenizers.py takes, and its hashes of what a tokenizer makes of them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Tokenizer } from '../tokenizer';

export const FOLDER = '../shared/data/text';

/** As `shared_samples` of bench/reference/tokenizers.py. */
export function samples(): string[] {
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

/** Sixteen letters of SHA-256 for each hundred texts: of ids (32 bits, −1 after each text) and of decoded texts. */
export function chunkHashes(
  tokenizer: Tokenizer,
  texts: readonly string[],
): { ids: string[]; texts: string[] } {
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
  return found;
}
