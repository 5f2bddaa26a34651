/** @file Texts of one strength as rows, with the words that count lit. */
import type { FigureTable } from '../../../../figures/table';
import type { SteerPoint, SteerText } from '../../../../main/rpc/contract';
import type { Column, Sorting } from '../../../parts/table';
import { bandedOf, sweepMeasures, type SweepMeasure } from './scenes';

export type TextColumn = 'seed' | 'judged' | 'perplexity' | 'hits';

export const textColumns: readonly Column<TextColumn>[] = [
  { id: 'seed', title: 'seed' },
  { id: 'hits', title: 'words', help: 'Words of the lexicon in the text' },
  { id: 'judged', title: 'judged', help: 'Probability that the classifier of words gives the target' },
  { id: 'perplexity', title: 'PPL', help: 'Under the unsteered model' },
];

/** A text in pieces: those that are words of the lexicon are lit. */
export function litPieces({
  text,
  hits,
}: Pick<SteerText, 'text' | 'hits'>): { text: string; lit: boolean }[] {
  const pieces: { text: string; lit: boolean }[] = [];
  let at = 0;
  for (const [start, end] of [...hits].sort((a, b) => a[0] - b[0])) {
    if (start < at || end > text.length) continue;
    if (start > at) pieces.push({ text: text.slice(at, start), lit: false });
    pieces.push({ text: text.slice(start, end), lit: true });
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), lit: false });
  return pieces;
}

export function sortedTexts(
  texts: readonly SteerText[],
  { column, descending }: Sorting<TextColumn>,
): SteerText[] {
  const of = (text: SteerText): number => (column === 'hits' ? text.hits.length : text[column]);
  const way = descending ? -1 : 1;
  return [...texts].sort((a, b) => way * (of(a) - of(b)) || a.seed - b.seed);
}

/** The sweep as a table: a row per arm and strength. */
export function sweepTable(points: readonly SteerPoint[]): FigureTable {
  const measures = Object.keys(sweepMeasures) as SweepMeasure[];
  return {
    columns: ['arm', 'lambda', 'texts', ...measures.flatMap((one) => [one, `${one} low`, `${one} high`])],
    rows: points.map((point) => [
      ...[point.arm, point.lambda, point.texts],
      ...measures.flatMap((one) => {
        const { value, low, high } = bandedOf(point, one);
        return [value, low, high].map((number) => (Number.isFinite(number) ? number : ''));
      }),
    ]),
  };
}
