/** @file The text of a run as ids: split in two, its vocabulary learned on the first part. */
import { MongeError } from '../../../native-models/error';
import type { Inputs, TinyConfig } from './config';
import { tokenizerOf, type TextTokenizer } from './tokenizer/tokenizer';
import { byteVocabulary, trainVocabulary } from './tokenizer/train';

/** A stretch of the text. */
interface Part {
  ids: Int32Array;
  /** UTF-8; the end of a text is a line break here. */
  bytes: Uint8Array;
}

export interface PreparedText {
  tokenizer: TextTokenizer;
  training: Part;
  validation: Part;
  /** What a sample begins with where nothing is asked for. */
  begin: readonly number[];
}

type Settings = Pick<TinyConfig, 'tokenizer' | 'vocabulary' | 'rows' | 'validation' | 'context'>;

/** Reads, splits and encodes: the same ids whenever a run is opened. @throws `too-few-tokens`, and the codes of the reader */
export async function prepareText(inputs: Inputs, settings: Settings): Promise<PreparedText> {
  return encodeRows(await inputs.text.open(), settings, inputs.text.name);
}

/**
 * The rows of a file as two parts, the last rows, or the end of the one text, for validation.
 * @throws `too-few-tokens` where a part is shorter than the context and the token after it
 */
export function encodeRows(rows: readonly string[], settings: Settings, file?: string): PreparedText {
  const ends = settings.rows === 'texts';
  const [first, last] = ends ? splitTexts(rows, settings.validation) : splitLines(rows, settings.validation);
  const vocabulary =
    settings.tokenizer === 'bytes' ? byteVocabulary() : trainVocabulary(first, settings.vocabulary);
  const tokenizer = tokenizerOf(vocabulary);
  const part = (texts: readonly string[], name: string): Part => {
    const ids = Int32Array.from(
      ends
        ? [tokenizer.end, ...texts.flatMap((text) => [...tokenizer.encode(text), tokenizer.end])]
        : texts.flatMap((text) => tokenizer.encode(text)),
    );
    requireLength(ids.length, settings.context, name, file);
    return { ids, bytes: new TextEncoder().encode(texts.join('\n')) };
  };
  return {
    tokenizer,
    training: part(first, 'training'),
    validation: part(last, 'validation'),
    begin: ends ? [tokenizer.end] : tokenizer.encode('\n'),
  };
}

/** The bytes that a token is counted as: the end of a text as the line break that it replaces. */
export function bytesPerId({ lengths, end }: TextTokenizer): Int32Array {
  return lengths.map((length, id) => (id === end ? 1 : length));
}

function splitTexts(rows: readonly string[], share: number): [readonly string[], readonly string[]] {
  const aside = Math.min(rows.length, Math.max(1, Math.round(share * rows.length)));
  return [rows.slice(0, rows.length - aside), rows.slice(rows.length - aside)];
}

/** Cut at the start of a line where one is near, else anywhere between two characters. */
function splitLines(rows: readonly string[], share: number): [readonly string[], readonly string[]] {
  const text = rows.join('\n');
  const wanted = text.length - Math.round(share * text.length);
  const line = text.indexOf('\n', wanted);
  const near = line >= 0 && text.length - line > (share * text.length) / 2;
  const low = text.charCodeAt(wanted);
  const cut = near ? line : low >= 0xdc00 && low < 0xe000 ? wanted + 1 : wanted;
  return [[text.slice(0, cut)], [text.slice(cut)]];
}

function requireLength(tokens: number, context: number, name: string, file?: string): void {
  if (tokens > context) return;
  throw new MongeError({
    code: 'too-few-tokens',
    blame: 'input',
    what: `the ${name} part of the text is shorter than what the model sees at once`,
    where: { ...(file !== undefined && { file }), key: 'context' },
    got: `${tokens} tokens`,
    expected: `at least ${context + 1}, the context and the token after it`,
    help:
      name === 'validation'
        ? 'give a longer text, a larger validation share or a shorter context'
        : 'give a longer text or a shorter context',
  });
}

/** Ids of a prompt, or what samples begin with where it is empty. */
export function promptIds({ tokenizer, begin }: PreparedText, prompt: string, ends: boolean): number[] {
  if (prompt === '') return [...begin];
  return [...(ends ? begin : []), ...tokenizer.encode(prompt)];
}
