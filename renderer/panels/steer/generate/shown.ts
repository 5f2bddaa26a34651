/** @file Rows of continuations as they are drawn: every token with its mark, and what a column says of itself. */
import { number, plural } from '../../../../figures/format';
import type { FigureTable } from '../../../../figures/table';
import type { LikelyToken } from '../../../../main/rpc/contract';
import type { Colouring } from '../session.svelte';
import { perplexityText } from '../words';
import { differences, perplexityOf } from './compare';
import type { Cell, Row } from './generation.svelte';

export interface ShownToken {
  text: string;
  /** What was there before and is not yet written anew. */
  old: boolean;
  differs: boolean;
  /** The first one that differs. */
  first: boolean;
  /** Nats; NaN where unknown. */
  divergence: number;
  /** Log-probability with steering less without it. */
  shift: number;
  before: readonly LikelyToken[];
  after: readonly LikelyToken[];
  /** Where it begins in its continuation. */
  offset: number;
}

export interface ShownCell {
  state: Cell['state'];
  tokens: ShownToken[];
  text: string;
}

export interface ShownRow {
  seed: number;
  cells: ShownCell[];
}

/** Nats at which a token, and a bar, is as bright and as tall as it gets. */
export const fullDivergence = 1;

export function shownRows(rows: readonly Row[]): ShownRow[] {
  return rows.map(({ seed, cells }) => {
    const [plain, steered] = cells;
    const ids = (cell: Cell | undefined) => (cell?.tokens ?? []).slice(0, cell?.written).map(({ id }) => id);
    const left = ids(plain);
    return {
      seed,
      cells: cells.map((cell, column) => {
        const other = column === 0 ? steered : cell;
        const right = ids(other);
        // A text that is still being written differs only as far as it goes.
        const done = other?.state === 'done';
        const found = differences(done ? left : left.slice(0, right.length), right);
        return shownCell(
          cell,
          column === 0 ? found.left : found.right,
          cells.length > 1 ? found.first : null,
          column,
        );
      }),
    };
  });
}

function shownCell(cell: Cell, differs: readonly boolean[], first: number | null, column: number): ShownCell {
  let offset = 0;
  const { shift } = cell;
  const tokens = cell.tokens.map(({ text }, k): ShownToken => {
    const written = k < cell.written;
    const own = offset;
    offset += text.length;
    const known = written && cell.state === 'done' ? shift : null;
    return {
      text,
      old: !written,
      differs: written && (differs[k] ?? false),
      first: column > 0 && written && k === first,
      divergence: known?.divergence[k] ?? NaN,
      shift: known ? known.steered[k]! - known.unsteered[k]! : NaN,
      before: known?.before[k] ?? [],
      after: known?.after[k] ?? [],
      offset: own,
    };
  });
  return { state: cell.state, tokens, text: tokens.map(({ text }) => text).join('') };
}

/** Token texts may be control characters; a line break is drawn as one. */
export function visible(text: string): string {
  return text === '\n' ? '↵\n' : text;
}

interface ColumnFacts {
  rows: readonly Row[];
  column: number;
  /** Finds words of the concept; null where none is known. */
  lexicon: RegExp | null;
}

/** `2 of 3 mention the concept · perplexity 15.0 · 19 of 108 tokens differ`, of the texts that are done. */
export function columnWords({ rows, column, lexicon }: ColumnFacts): string {
  const done = rows.flatMap(({ cells }) => {
    const cell = cells[column];
    return cell?.state === 'done' ? [{ cell, plain: cells[0]! }] : [];
  });
  if (done.length === 0) return '';
  const words: string[] = [];
  if (lexicon) {
    const mention = done.filter(({ cell }) => {
      lexicon.lastIndex = 0;
      return lexicon.test(cell.tokens.map(({ text }) => text).join(''));
    });
    words.push(`${mention.length} of ${done.length} mention the concept`);
  }
  const known = done.flatMap(({ cell }) => cell.shift ?? []);
  const perplexity =
    known.length > 0
      ? perplexityOf(known)
      : perplexityOf(
          // Before any comparison the unsteered column has its own log-probabilities.
          column === 0
            ? done.map(({ cell }) => ({
                unsteered: Float32Array.from(cell.tokens, ({ logProbability }) => logProbability),
              }))
            : [],
        );
  if (Number.isFinite(perplexity)) words.push(`perplexity ${perplexityText(perplexity)}`);
  if (column > 0) {
    const ids = (cell: Cell) => cell.tokens.map(({ id }) => id);
    const differing = done.map(({ cell, plain }) => differences(ids(plain), ids(cell)).right);
    const differ = differing.flat().filter(Boolean).length;
    words.push(`${number(differ)} of ${plural(differing.flat().length, 'token')} differ`);
  }
  return words.join(' · ');
}

/** How strongly a token is coloured, −1 to 1: KL and the first are positive, a score or a shift below 0 negative. */
export function strengthOf(token: ShownToken, colouring: Colouring, score: number | null): number {
  if (token.old) return 0;
  if (colouring === 'tokens') {
    if (!token.differs) return 0;
    // One that differs is lit also where its KL is small or not known yet.
    const share = Number.isFinite(token.divergence) ? token.divergence / fullDivergence : 0;
    return 0.25 + 0.75 * Math.min(1, Math.max(0, share));
  }
  const value = colouring === 'shift' ? token.shift / 2 : (score ?? NaN) / 0.3;
  return Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0;
}

export const colouringWords: Record<Colouring, string> = {
  tokens: 'lit: token differs, brighter = larger KL · bars: KL to λ = 0 per token, full height 1 nat',
  shift:
    'colour: log-probability with steering less without it · orange likelier, blue less likely, full at 2 nats',
  score:
    'colour: cosine of the unsteered state to target less source · orange towards the target, full at 0.3',
};

/** One line per token of every text, for the file and for people who do not see the picture. */
export function generationTable(rows: readonly ShownRow[], lambdas: readonly number[]): FigureTable {
  const columns = [
    'seed',
    'lambda',
    'position',
    'token',
    'differs',
    'KL (nats)',
    'log-probability shift (nats)',
  ];
  return {
    columns,
    rows: rows.flatMap(({ seed, cells }) =>
      cells.flatMap(({ tokens }, column) =>
        tokens
          .filter(({ old }) => !old)
          .map(({ text, differs, divergence, shift }, k) => [
            ...[seed, lambdas[column] ?? 0, k, text, differs ? 'yes' : 'no'],
            ...[Number.isFinite(divergence) ? divergence : '', Number.isFinite(shift) ? shift : ''],
          ]),
      ),
    ),
  };
}
