/** @file Tokens as a person reads them: their part of the text, or their bytes where they are no whole character. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openTokenizer } from '../tokenizer/open';
import { shownToken, textTokens } from './text-tokens';

const tokenizer = openTokenizer({
  kind: 'json',
  tokenizer: readFileSync('samples/tiny-lm/tokenizer.json', 'utf8'),
});

it('tokens stand as their part of the text', () => {
  const text = 'The road to Sorrin';
  const shown = textTokens(tokenizer, text).filter(({ special }) => !special);
  expect(shown.map(({ text }) => text).join('')).toBe(text);
});

it('parts of a character stand as their bytes, not as the letters of the vocabulary', () => {
  const shown = textTokens(tokenizer, '🦉').filter(({ special }) => !special);
  expect(shown.map(({ text }) => text).join('')).toBe('<0xF0><0x9F><0xA6><0x89>');
  expect(shownToken(tokenizer, shown[0]!.id)).toBe('<0xF0>');
});

it('a text without a token is refused', () => {
  expect(() => textTokens(tokenizer, '')).toThrow(expect.objectContaining({ code: 'text-empty' }));
});
