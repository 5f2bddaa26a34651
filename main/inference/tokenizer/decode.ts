/** @file The decoders of tokenizer.json, exactly as Python's library has them; nothing is cleaned up that they do not name. */
import { fromLetters, spelledByte } from './bytes';
import { compilePattern } from './pattern';
import { broken, count, flag, list, record, short, text as textOf, unsupported, type Json } from './reading';

/** A chain of replacements can make a text of any length. */
const MOST_PER_LETTER = 64;
const MOST_BESIDE = 65_536;

/** Tokens to the texts that, put together, are the decoded text. */
export type Decoding = (tokens: string[]) => string[];

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
const encoder = new TextEncoder();

/** @throws `tokenizer-unsupported`, `tokenizer-broken` */
export function decoding(config: unknown, where = 'decoder'): Decoding {
  // Without a decoder, blanks stand between tokens.
  if (config === null || config === undefined) return (tokens) => [tokens.join(' ')];
  const step = record(config, where);
  switch (step.type) {
    case 'Sequence': {
      const steps = list(step.decoders, where).map((part, index) => decoding(part, `${where}.${index}`));
      return (tokens) => {
        const most = MOST_PER_LETTER * lettersOf(tokens) + MOST_BESIDE;
        return steps.reduce((soFar, next) => {
          const made = next(soFar);
          const letters = lettersOf(made);
          if (letters > most) throw broken(where, `${letters} letters`, `at most ${most}`);
          return made;
        }, tokens);
      };
    }
    case 'ByteLevel':
      return (tokens) => [bytesOf(tokens)];
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Metaspace':
      return metaspace(step, where);
    case 'WordPiece':
      return wordPiece(textOf(step.prefix ?? '##', where), flag(step.cleanup, true, where));
    case 'BPEDecoder': {
      const suffix = textOf(step.suffix ?? '</w>', where);
      return (tokens) =>
        tokens.map((token, index) => token.replaceAll(suffix, index === tokens.length - 1 ? '' : ' '));
    }
    case 'Replace': {
      const pattern = compilePattern(step.pattern, where);
      const content = textOf(step.content, where);
      return (tokens) => tokens.map((token) => replaced(token, pattern.matches(token), content));
    }
    case 'Strip':
      return strip(step, where);
    default:
      throw unsupported(where, short(step.type), 'a decoder that is known here');
  }
}

function lettersOf(tokens: readonly string[]): number {
  return tokens.reduce((sum, { length }) => sum + length, 0);
}

/** A token with a letter outside the table of bytes stands for itself. */
function bytesOf(tokens: readonly string[]): string {
  const bytes: number[] = [];
  for (const token of tokens)
    for (const byte of fromLetters(token) ?? encoder.encode(token)) bytes.push(byte);
  return utf8.decode(Uint8Array.from(bytes));
}

/** Runs of `<0x..>` become text; a run that is no UTF-8 becomes one U+FFFD for each byte. */
function byteFallback(tokens: string[]): string[] {
  const result: string[] = [];
  let run: number[] = [];
  const flush = (): void => {
    if (run.length === 0) return;
    try {
      result.push(strict.decode(Uint8Array.from(run)));
    } catch {
      result.push('\ufffd'.repeat(run.length));
    }
    run = [];
  };
  for (const token of tokens) {
    const byte = spelledByte(token);
    if (byte !== undefined) run.push(byte);
    else {
      flush();
      result.push(token);
    }
  }
  flush();
  return result;
}

function metaspace(step: Json, where: string): Decoding {
  const mark = textOf(step.replacement ?? '▁', where);
  const scheme = step.prepend_scheme ?? (flag(step.add_prefix_space, true, where) ? 'always' : 'never');
  return (tokens) =>
    tokens.map((token, index) => token.replaceAll(mark, index === 0 && scheme !== 'never' ? '' : ' '));
}

function wordPiece(prefix: string, cleanUp: boolean): Decoding {
  return (tokens) =>
    tokens.map((token, index) => {
      let text = token;
      if (index > 0) text = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      return cleanUp ? cleaned(text) : text;
    });
}

/** What this decoder's `cleanup` names: blanks before marks and inside English contractions. */
function cleaned(text: string): string {
  return text
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(' do not', " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}

function replaced(text: string, matches: readonly [number, number][], content: string): string {
  let result = '';
  let from = 0;
  for (const [start, end] of matches) {
    result += text.slice(from, start) + content;
    from = end;
  }
  return result + text.slice(from);
}

/** Takes up to `start` (`stop`) such letters from the beginning (end) of every text. */
function strip(step: Json, where: string): Decoding {
  const content = textOf(step.content, where);
  const most = { start: count(step.start ?? 0, 1000, where), stop: count(step.stop ?? 0, 1000, where) };
  return (tokens) =>
    tokens.map((token) => {
      const letters = [...token];
      let from = 0;
      while (from < most.start && letters[from] === content) from++;
      let to = letters.length;
      while (letters.length - to < most.stop && to > from && letters[to - 1] === content) to--;
      return letters.slice(from, to).join('');
    });
}
