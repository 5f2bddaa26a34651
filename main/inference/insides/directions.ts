/** @file Directions in the space of states, layer by layer: of a token, between two sets of texts, of one cell, or given. */
import { MongeError } from '../../../native-models/error';
import type { Direction, ExactLevel } from '../../contract/language';
import { rowOf, type Insides } from './insides';

/** The direction at each row of a map: one for all, or one a row. */
export type DirectionAt = (row: number) => Float32Array;

/**
 * `rows` are the hooks of the map.
 * @throws `widths-differ` for a vector of another width, `text-empty`, `hook-unknown`, `token-unknown` where a text stands for no single token
 */
export async function directionsOf(
  insides: Insides,
  direction: Direction,
  rows: readonly string[],
  level: ExactLevel,
): Promise<DirectionAt> {
  switch (direction.kind) {
    case 'vector': {
      for (const row of rows) requireWidth(direction.values.length, widthOf(insides, row));
      return () => direction.values;
    }
    case 'token': {
      const values = await tokenDirection(insides, direction.text, level);
      return () => values;
    }
    case 'cell': {
      const states = await statesOf(insides, direction.text, rows, level);
      const at = Math.min(direction.position, states.tokens - 1);
      const row = direction.layer === null ? 0 : rows.findIndex((id) => id.endsWith(`:${direction.layer}`));
      const values = states.of(Math.max(0, row), at);
      return () => values;
    }
    case 'texts': {
      const of = await meanStates(insides, direction.of, rows, level);
      const rest = await meanStates(insides, direction.rest, rows, level);
      return (row) => of[row]!.map((value, m) => value - rest[row]![m]!);
    }
  }
}

async function tokenDirection(insides: Insides, text: string, level: ExactLevel): Promise<Float32Array> {
  const plain = (await insides.tokens(text)).filter(({ special }) => !special);
  const head = await insides.head(level);
  if (plain.length !== 1 || !head)
    throw new MongeError({
      code: 'token-unknown',
      blame: 'input',
      what: head ? 'this text is no single token of the model' : 'this model has no output map',
      where: { key: 'direction' },
      got: `${JSON.stringify(text)}, ${plain.length} tokens`,
      expected: 'one token, often with a blank before it',
    });
  return head.direction(plain[0]!.id);
}

/** Mean state of all tokens but the first of every text, per row. */
async function meanStates(
  insides: Insides,
  texts: readonly string[],
  rows: readonly string[],
  level: ExactLevel,
): Promise<Float32Array[]> {
  const sums = rows.map(() => new Float64Array(insides.width));
  let count = 0;
  for (const text of texts) {
    const states = await statesOf(insides, text, rows, level);
    // The first token's states are outliers in most decoders and would outweigh all others.
    const first = states.tokens > 1 ? 1 : 0;
    for (let token = first; token < states.tokens; token += 1) {
      rows.forEach((_, row) => states.of(row, token).forEach((value, m) => (sums[row]![m]! += value)));
      count += 1;
    }
  }
  return sums.map((sum) => Float32Array.from(sum, (value) => value / count));
}

/** The states of the rows on one text. */
export async function statesOf(
  insides: Insides,
  text: string,
  rows: readonly string[],
  level: ExactLevel,
): Promise<{ tokens: number; of(row: number, token: number): Float32Array }> {
  const { ids } = rowOf(await insides.tokens(text), insides);
  const runs = await insides.runs(level);
  const values = await runs.run({ ids: [ids], hooks: rows });
  return {
    tokens: ids.length,
    of(row, token) {
      const data = values[rows[row]!]!.data as Float32Array;
      const width = data.length / ids.length;
      return data.subarray(token * width, (token + 1) * width);
    },
  };
}

/** Numbers of a hook's vector at one token. */
function widthOf({ hooks, width }: Insides, row: string): number {
  const shape = hooks.find(({ id }) => id === row)?.shape ?? [width];
  return shape.reduce<number>((product, size) => product * (typeof size === 'number' ? size : 1), 1);
}

export function requireWidth(got: number, expected: number): void {
  if (got === expected) return;
  throw new MongeError({
    code: 'widths-differ',
    blame: 'input',
    what: 'the states of the two have other sizes',
    where: { key: 'width' },
    got: String(got),
    expected: String(expected),
    help: 'compare models of one width, and directions that were found in this one',
  });
}
