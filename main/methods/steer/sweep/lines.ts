/** @file The file of texts: a JSON object a line, one for each continuation, in the order in which points are swept. */
import type { StoredRun } from '../../../contract/query';
import type { SteerArm, SteerText } from '../../../contract/steer';
import { files } from '../stages';

/** More is not read for a view. */
const MOST_BYTES = 256 * 2 ** 20;

/** One continuation. */
export interface TextLine {
  arm: SteerArm;
  lambda: number;
  prompt: string;
  seed: number;
  text: string;
  hits: [number, number][];
  /** Null without a classifier. */
  judged: number | null;
  /** Of the continuation after its prompt, under the unsteered model: the sum of ln p, and tokens; null where it cannot be read. */
  logProbability: number | null;
  tokens: number;
}

export function linesText(lines: readonly TextLine[]): Uint8Array {
  return new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Whole lines of the file; one that is being written is left out. */
export function parsedLines(bytes: Uint8Array): TextLine[] {
  const lines: TextLine[] = [];
  for (const line of new TextDecoder().decode(bytes).split('\n').slice(0, -1)) {
    try {
      lines.push(JSON.parse(line) as TextLine);
    } catch {
      break;
    }
  }
  return lines;
}

/** What a run has written so far. */
export async function storedLines({ artifact }: Pick<StoredRun, 'artifact'>): Promise<TextLine[]> {
  const bytes = await artifact(files.texts, { at: 0, bytes: MOST_BYTES });
  return bytes ? parsedLines(bytes) : [];
}

export function perplexityOf({
  logProbability,
  tokens,
}: Pick<TextLine, 'logProbability' | 'tokens'>): number {
  return logProbability === null || tokens === 0 ? NaN : Math.exp(-logProbability / tokens);
}

/** As a view shows it. */
export function shownText(line: TextLine): SteerText {
  const { prompt, seed, text, hits, judged } = line;
  return { prompt, seed, text, hits, judged: judged ?? NaN, perplexity: perplexityOf(line) };
}
