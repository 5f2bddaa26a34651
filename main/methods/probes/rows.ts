/** @file The stored activations as points: every hook at every position, coloured by task and by label. */
import { lastMatrices, type RowStore } from '../../projection/row-store';
import type { RowMatrix } from '../../contract/projection';
import type { ProbePosition } from '../../contract/probes';
import { rowsAt } from './activations';
import { removedOf } from './config';
import { factsOf, requireItems, type ProbesContext } from './open-place';

/** Rows are the items of all tasks, one task below the other. @throws `probe-place-missing`, `probes-unfinished` */
export async function rowsOf(context: ProbesContext): Promise<RowStore> {
  const items = await requireItems(context);
  const { hooks, positions } = await factsOf(context);
  const all = items.tasks.flatMap(({ items: own }) => own);
  const names = items.tasks.map(({ name }) => name);
  const of = (each: (task: number, item: number) => string | number) =>
    items.tasks.flatMap(({ items: own }, task) => own.map((_, item) => each(task, item)));
  const read = (source: string): Promise<RowMatrix> => {
    const [id, position] = source.split(' ') as [string, ProbePosition];
    const hook = hooks.find((one) => one.id === id)!;
    return rowsAt(context.artifact, items, hook, position, removedOf(context.config));
  };
  return {
    sources: hooks.flatMap(({ id, width }) =>
      positions.map((position) => ({
        name: `${id} ${position}`,
        rows: all.length,
        columns: width,
      })),
    ),
    matrix: lastMatrices(read),
    ids: of((task, item) => `${names[task]}:${item}`) as string[],
    texts: all.map(({ text }) => text),
    labels: { names, codes: Int32Array.from(of((task) => task) as number[]) },
    columns: [
      { name: 'truth', names: ['false', 'true'], codes: Int32Array.from(all, ({ label }) => label) },
      {
        name: 'part',
        names: ['train', 'validation', 'test'],
        codes: Int32Array.from(
          items.tasks.flatMap(({ items: own, split }) => {
            const [validation, test] = [new Set(split.validation), new Set(split.test)];
            return own.map((_, item) => (test.has(item) ? 2 : validation.has(item) ? 1 : 0));
          }),
        ),
      },
    ],
  };
}
