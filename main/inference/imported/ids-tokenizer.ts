/** @file Texts of a model that came without a tokenizer: ids, written as numbers with blanks or commas between them. */
import { MongeError } from '../../../native-models/error';
import type { Token, Tokenizer } from '../tokenizer/tokenizer';

/** Reads `5 12 7` as three tokens. Its texts throw `tokenizer-missing` where anything else stands in them. */
export function idsTokenizer(vocabulary: number, file: string): Tokenizer {
  const spelled = (id: number) => (id >= 0 && id < vocabulary ? `${id} ` : '');
  const decode = (ids: readonly number[]) => ids.map(spelled).join('');
  const encode = (text: string): Token[] =>
    [...text.matchAll(/[^\s,]+/g)].map(({ 0: word, index }) => {
      const id = /^\d{1,9}$/.test(word) ? Number(word) : NaN;
      if (id < vocabulary) return { id, text: word, start: index, end: index + word.length, added: false };
      throw new MongeError({
        code: 'tokenizer-missing',
        blame: 'input',
        what: 'without the tokenizer of the model only ids of tokens can be read',
        where: { file },
        got: JSON.stringify(word.slice(0, 100)),
        expected: `whole numbers from 0 to ${vocabulary - 1} with blanks between them`,
        help: 'put its tokenizer.json beside the model to write words',
      });
    });
  const ids = (text: string) => encode(text).map(({ id }) => id);
  return {
    kind: 'ids',
    vocabulary: Array.from({ length: vocabulary }, (_, id) => String(id)),
    special: { all: new Set() },
    declared: {},
    encode,
    ids,
    encodeBatch(texts, { padding = 'right', padId = 0 } = {}) {
      const rows = texts.map(ids);
      const lengths = rows.map(({ length }) => length);
      const length = Math.max(0, ...lengths);
      const filled = (row: readonly number[], values: readonly number[], fill: number) => {
        const rest = Array<number>(length - row.length).fill(fill);
        return padding === 'left' ? [...rest, ...values] : [...values, ...rest];
      };
      const whole = (values: readonly number[][]) => BigInt64Array.from(values.flat(), BigInt);
      return {
        rows: rows.length,
        length,
        ids: whole(rows.map((row) => filled(row, row, padId))),
        mask: whole(
          rows.map((row) =>
            filled(
              row,
              row.map(() => 1),
              0,
            ),
          ),
        ),
        lengths,
      };
    },
    decode,
    decoder: () => ({ push: spelled, end: () => '' }),
    tokenText: (id) => String(id),
    idOf: (token) => (/^\d{1,9}$/.test(token) && Number(token) < vocabulary ? Number(token) : undefined),
  };
}
