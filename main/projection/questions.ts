/** @file The answers to `projectionQuestions` from stored rows, for any method that stores some. */
import { MongeError } from '../../native-models/error';
import type { QueryContext } from '../contract/query';
import {
  projectionQuestions as questions,
  type ProjectionArguments,
  type ProjectionAnswer,
} from '../contract/projection';
import { answersFor } from '../contract/query';
import { histogramCounts, histogramEdges, rowsByValue, unitStatistics, unitValues } from '../numerics/units';
import { layout } from './layout';
import { applyMap } from './linear-map';
import { fitLinear } from './linear';
import { rowsInWords, rowsOfClass, sourceOf, takeRows, type RowStore } from './row-store';
import { RunningLayout } from './running';
import { subsetFile } from './subset';

/**
 * Queries for a method's declaration: `queries: { …own, ...projectionAnswers((context) => openRows(context)) }`. `open` is asked
 * once per run; the questions themselves are `projectionQuestions` of `main/contract/projection.ts`.
 */
export function projectionAnswers<C, P, G>(open: (context: QueryContext<C, P, G>) => Promise<RowStore>) {
  const storeOf = (context: QueryContext<C, P, G>) => context.cached('projection.rows', () => open(context));
  return answersFor<C, P, G>()(questions, {
    async sources(context) {
      const { sources, labels, texts, columns = [] } = await storeOf(context);
      return {
        sources: [...sources],
        columns: [...(labels ? [{ name: 'label', ...labels }] : []), ...columns],
        hasLabel: labels !== null,
        hasTexts: texts !== null,
      };
    },

    async project(context, { milliseconds, ...asked }) {
      const store = await storeOf(context);
      const { compute, cached } = context;
      if (asked.method === 'umap' || asked.method === 't-sne')
        return layOut(store, context, asked, milliseconds);
      const { map, axes, explained, fittedOn } = await fitLinear({ store, compute, cached }, asked);
      const whole = await sourceOf(store, asked.source);
      const rows = rowsOfClass(store, whole.rows, asked.show);
      const points = await applyMap(compute, map, takeRows(whole, rows));
      const progress = { phase: 'done' as const, done: 1, total: 1 };
      return { progress, points, rows, axes, explained, fittedOn, repeated: 0 };
    },

    async units(context, { source, groups }) {
      const store = await storeOf(context);
      const key = `projection.units:${source}:${groups?.to}:${groups?.from}`;
      return context.cached(key, async () => {
        const { data, rows, columns } = await sourceOf(store, source);
        const sides = groups && sidesOf(store, rows, groups);
        return { rows, units: columns, ...unitStatistics(data, rows, columns, sides) };
      });
    },

    async unit(context, { source, unit, bins, groups }) {
      const store = await storeOf(context);
      const values = await valuesOf(store, source, unit);
      const edges = histogramEdges(values, bins);
      const sides = groups && sidesOf(store, values.length, groups);
      const count = (rows: Uint32Array) =>
        histogramCounts(
          Float32Array.from(rows, (row) => values[row]!),
          edges,
        );
      return {
        histogram: { edges, counts: histogramCounts(values, edges) },
        to: sides && count(sides.to),
        from: sides && count(sides.from),
      };
    },

    async topRows(context, { source, unit, least, rank, offset, count }) {
      const store = await storeOf(context);
      const values = await valuesOf(store, source, unit);
      const all = rowsByValue(values, least ?? undefined);
      const total = least === null ? Math.min(rank, all.length) : all.length;
      const shown = [...all.subarray(offset, Math.min(total, offset + count))];
      const rows = await Promise.all(
        shown.map(async (row) => ({
          row,
          id: store.ids[row]!,
          value: values[row]!,
          text: store.texts?.[row] ?? '',
          tokens: (await store.tokens?.(source, unit, row)) ?? null,
        })),
      );
      const line = least ?? (total > 0 ? values[all[total - 1]!]! : 0);
      return { rows, total, line };
    },

    async row(context, { row }) {
      const { ids, texts } = await storeOf(context);
      const id = ids[row];
      if (id === undefined)
        throw new MongeError({
          code: 'row-unknown',
          blame: 'input',
          what: 'there is no such row',
          where: { key: 'row' },
          got: String(row),
          expected: `0 to ${ids.length - 1}`,
        });
      return { id, text: texts?.[row] ?? '' };
    },

    async subset(context, { rows, name, form }) {
      return subsetFile(await storeOf(context), rows, name, form);
    },
  });
}

async function layOut<C, P, G>(
  store: RowStore,
  { compute, cached }: QueryContext<C, P, G>,
  asked: Omit<ProjectionArguments, 'milliseconds'>,
  milliseconds: number,
): Promise<ProjectionAnswer> {
  const { method, source, show, fit, seed, neighbours, minimumDistance, perplexity } = asked;
  if ((fit.source ?? source) !== source || (fit.group ?? show) !== show)
    throw new MongeError({
      code: 'projection-fit',
      blame: 'input',
      what: 'UMAP and t-SNE place the rows that they are fitted on; they cannot be fitted on others',
      where: { key: 'fit' },
      help: 'choose PCA for “fit on A, show B”',
    });
  const whole = await sourceOf(store, source);
  const rows = rowsOfClass(store, whole.rows, show);
  const options = { method: method as 'umap' | 't-sne', seed, neighbours, minimumDistance, perplexity };
  const running = await cached(
    `projection.layout:${source}:${show}:${JSON.stringify(options)}`,
    async () => new RunningLayout(layout(compute, takeRows(whole, rows), options)),
  );
  const { progress, points, repeated } = await running.advance(milliseconds);
  const name = method === 'umap' ? 'UMAP' : 't-SNE';
  return {
    ...{ progress, points: points(), rows, repeated },
    axes: [`${name} 1`, `${name} 2`],
    explained: null,
    fittedOn: rowsInWords(rows.length, show === null ? null : store.labels!.names[show]!, null),
  };
}

async function valuesOf(store: RowStore, source: string, unit: number): Promise<Float32Array> {
  const { data, rows, columns } = await sourceOf(store, source);
  if (unit < columns) return unitValues(data, rows, columns, unit);
  throw new MongeError({
    code: 'projection-unit',
    blame: 'input',
    what: 'there is no such unit',
    got: String(unit),
    expected: `0 to ${columns - 1}`,
  });
}

function sidesOf(store: RowStore, rows: number, { to, from }: { to: number; from: number | null }) {
  return {
    to: rowsOfClass(store, rows, to),
    from: from === null ? rowsOfClass(store, rows, to, true) : rowsOfClass(store, rows, from),
  };
}
