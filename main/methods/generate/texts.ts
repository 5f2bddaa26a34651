/** @file The file of texts: a JSON list that grows by lines, and is read as far as it has come. */
import type { ContinuedText } from '../../contract/language';
import type { StoredRun } from '../../contract/query';

export const FILE = 'generation.json';
/** What ends the list. */
export const TEXTS_END = new TextEncoder().encode('\n]\n');
/** More is not read for a figure. */
const MOST_BYTES = 64 * 2 ** 20;

/** One text of the file. */
export type StoredText = Omit<ContinuedText, 'finish'>;

/** The next lines of the file, one text each. */
export function linesOf(texts: readonly ContinuedText[], atStart: boolean): Uint8Array {
  const lines = texts.map(({ prompt, promptIds, ids, text, logProbabilities }) =>
    JSON.stringify({ prompt, promptIds, ids, text, logProbabilities }),
  );
  return new TextEncoder().encode(`${atStart ? '[\n' : ',\n'}${lines.join(',\n')}`);
}

/** The texts that are there so far; a line cut short is left out. */
export async function storedTexts({ artifact }: Pick<StoredRun, 'artifact'>): Promise<StoredText[]> {
  const bytes = await artifact(FILE, { at: 0, bytes: MOST_BYTES });
  if (!bytes) return [];
  const texts: StoredText[] = [];
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    if (!line.startsWith('{')) continue;
    try {
      texts.push(JSON.parse(line.replace(/,$/, '')) as StoredText);
    } catch {
      break;
    }
  }
  return texts;
}
