/** @file The tokens of a text as the view shows them, each with its place in the text. */
import { MongeError } from '../../../native-models/error';
import type { LanguageToken } from '../../contract/language';
import { fromLetters, spelledByte } from '../tokenizer/bytes';
import type { Tokenizer } from '../tokenizer/tokenizer';

/** @throws `text-empty` where there is no token, and the codes of the tokenizer */
export function textTokens(tokenizer: Tokenizer, text: string): LanguageToken[] {
  const tokens = tokenizer.encode(text);
  if (tokens.length === 0)
    throw new MongeError({
      code: 'text-empty',
      blame: 'input',
      what: 'the text has no token',
      got: JSON.stringify(text.slice(0, 100)),
      expected: 'at least one letter',
    });
  return tokens.map(({ id, text: spelled, start, end, added }, k) => {
    const [before, after] = [tokens[k - 1], tokens[k + 1]];
    // Parts of one character all have its place; they are told apart by their bytes.
    const part =
      end > start &&
      ((before?.start === start && before.end === end) || (after?.start === start && after.end === end));
    const special = added || tokenizer.special.all.has(id);
    const shown = part ? inBytes(spelled) : start === end ? spelled : text.slice(start, end);
    return { id, text: shown, start, end, special };
  });
}

/** A token as text, or by its bytes where it is no whole character. */
export function shownToken(tokenizer: Tokenizer, id: number): string {
  const text = tokenizer.decode([id]);
  return text === '' || text.includes('\uFFFD') ? inBytes(tokenizer.vocabulary[id] ?? `<${id}>`) : text;
}

/** The letters that stand for bytes in a vocabulary, as the bytes that they are: `<0xF0><0x9F>`. */
function inBytes(spelled: string): string {
  const bytes = spelledByte(spelled) === undefined ? fromLetters(spelled) : undefined;
  const shown = bytes?.map((byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `<0x${hexadecimal(byte)}>`,
  );
  return shown?.join('') ?? spelled;
}

function hexadecimal(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}
