/** @file Generated images in the order of a grid: one column per evaluation count, one row per noise, class and run. */
import type { ImageShape } from '../../../../main/rpc/contract';
import type { Samples } from './samples.svelte';

/** One row of the grid: which run made it, from which noise, of which class. */
interface GridRow {
  run: string;
  noise: number;
  /** Class code, or null for no class. */
  label: number | null;
  header: string;
}

export interface Grid {
  rows: GridRow[];
  /** What is drawn of them. */
  pictures: {
    image: ImageShape;
    columns: number;
    columnHeaders: string[];
    columnUnit: string;
    rowHeaders: string[];
    /** [rows, columns, height, width, channels]. */
    pixels: Uint8Array;
  };
}

/**
 * The answers of several runs to the same question, interleaved: first all runs' pictures from one noise and class,
 * then the next. There is one answer at least; those that are of other pictures than the first (other budgets, other classes) wait outside.
 */
export function samplesGrid(answers: readonly { id: string; label: string; answer: Samples }[]): Grid {
  const first = answers[0]!.answer;
  const { height, width, channels } = first.image;
  const size = height * width * channels;
  const columns = first.evaluations.length;
  const same = answers.filter(
    ({ answer }) =>
      answer.pixels.length === first.pixels.length &&
      answer.evaluations.length === columns &&
      answer.rows.length === first.rows.length,
  );
  const rows: GridRow[] = [];
  const pixels = new Uint8Array(same.length * first.pixels.length);
  first.rows.forEach(({ label, name }, place) => {
    for (let noise = 0; noise < first.count; noise++)
      same.forEach(({ id: run, label: runName, answer }, which) => {
        for (let column = 0; column < columns; column++) {
          const from = ((column * first.rows.length + place) * first.count + noise) * size;
          pixels.set(answer.pixels.subarray(from, from + size), (rows.length * columns + column) * size);
        }
        const source =
          first.count === 1 && name ? name : [name, `noise ${noise + 1}`].filter(Boolean).join(', ');
        const header = same.length === 1 ? source : which === 0 ? `${source} · ${runName}` : runName;
        rows.push({ run, noise, label, header });
      });
  });
  const rowHeaders = rows.map(({ header }) => header);
  const columnHeaders = first.evaluations.map(String);
  const { image } = first;
  return { rows, pictures: { image, columns, columnHeaders, columnUnit: 'NFE', rowHeaders, pixels } };
}
