/** @file The tokens of a text as the view shows them, each with its place in the text. */
import { MongeError } from '../../../native-models/error';
import type { LanguageToken } from '../../contract/language';
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
    return { id, text: start === end || part ? spelled : text.slice(start, end), start, end, special };
  });
}

/** A token as text, or as the vocabulary spells it where it is no whole character. */
export function shownToken(tokenizer: Tokenizer, id: number): string {
  const text = tokenizer.decode([id]);
  return text === '' || text.includes('\uFFFD') ? (tokenizer.vocabulary[id] ?? `<${id}>`) : text;
}
