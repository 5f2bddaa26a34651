/** @file What stands in the cells of the matrix: AUCs, cosines or shared supports, each with its own chance level. */
import type { FigureTable } from '../../../../figures/table';
import type { CellMeasure, CosineKind, ProbeMatrix } from '../probes.svelte';
import { cosineTitles, placeText, range, two } from '../words';

interface GridCell {
  /** NaN where it is not known. */
  value: number;
  text: string;
  /** The interval in words, empty without one. */
  range: string;
  /** NaN without an interval. */
  low: number;
  high: number;
  /** No finding: the interval meets the null, or the value lies where chance does. */
  dim: boolean;
  /** The value is there and its interval is still to come. */
  dotted: boolean;
}

export interface MatrixGrid {
  title: string;
  subtitle: string;
  tasks: readonly string[];
  /** [tasks, tasks], trained on by tested on. */
  cells: readonly GridCell[];
  /** Ends of the colour scale, the value of chance, and where chance lies in 95 of 100 cases. */
  domain: readonly [number, number];
  chance: number;
  band: readonly [number, number];
  /** What the colour scale says. */
  scale: string;
  /** Under the matrix, a value a task. */
  controls: readonly { id: string; title: string; says: string; cells: readonly GridCell[] }[];
  /** Whether rows are trained on and columns tested on; cosines and supports know no direction. */
  directed: boolean;
}

export interface GridChoice {
  measure: CellMeasure;
  cosine: CosineKind;
  support: number;
}

/** The grid of a matrix by what its cells shall tell. */
export function gridOf(matrix: ProbeMatrix, choice: GridChoice, bootstrap: number): MatrixGrid {
  if (choice.measure === 'cosine') return cosineGrid(matrix, choice.cosine);
  if (choice.measure === 'jaccard') return supportGrid(matrix, choice.support);
  return aucGrid(matrix, bootstrap);
}

function aucGrid(matrix: ProbeMatrix, bootstrap: number): MatrixGrid {
  const { tasks, auc, nullLow, nullHigh, meetsNull, controls } = matrix;
  const lows = Array.from(nullLow).filter(Number.isFinite);
  const highs = Array.from(nullHigh).filter(Number.isFinite);
  const middle = (values: number[], or: number): number =>
    values.length === 0 ? or : values.reduce((sum, value) => sum + value / values.length, 0);
  return {
    title: 'AUC by training and test task',
    subtitle: `${placeText(matrix)} · bars: 95 % interval on 0–1 of ${bootstrap.toLocaleString('en')} resamples`,
    ...{ tasks, directed: true, domain: [0, 1], chance: 0.5 },
    band: [middle(lows, 0.5), middle(highs, 0.5)],
    scale: 'AUC · tick: chance · dim: interval meets it',
    cells: Array.from(auc.values, (value, at) =>
      cellOf(value, auc.low[at]!, auc.high[at]!, meetsNull[at] === 1),
    ),
    controls: controls.map(({ id, title, says, values, low, high }) => ({
      ...{ id, title, says },
      cells: Array.from(values, (value, at) =>
        // Of random labels the interval is the finding.
        id === 'random-labels' && Number.isFinite(low[at])
          ? { ...cellOf(value, low[at]!, high[at]!, true), text: range(low[at]!, high[at]!) }
          : cellOf(value, low[at]!, high[at]!, low[at]! <= 0.5 && high[at]! >= 0.5),
      ),
    })),
  };
}

function cosineGrid(matrix: ProbeMatrix, kind: CosineKind): MatrixGrid {
  const { tasks, cosine } = matrix;
  const chance = 1.96 * (cosine?.chance ?? 0);
  const halves = cosine?.halves[kind];
  return {
    title: `Cosine of directions, ${cosineTitles[kind].toLowerCase()}`,
    subtitle: `${placeText(matrix)} · on the diagonal two halves of the same task`,
    ...{ tasks, directed: false, domain: [-1, 1], chance: 0, band: [-chance, chance], controls: [] },
    scale: `cosine · dim: within ±${two(chance)}, as 95 % of random ones`,
    cells: Array.from(cosine?.[kind] ?? [], (given, at) => {
      const [train, test] = [Math.floor(at / tasks.length), at % tasks.length];
      const value = train === test ? (halves?.[train] ?? NaN) : given;
      return plainCell(value, Math.abs(value) <= chance);
    }),
  };
}

function supportGrid(matrix: ProbeMatrix, place: number): MatrixGrid {
  const { tasks, supports } = matrix;
  const found = supports[Math.min(place, supports.length - 1)];
  const chance = found?.jaccardChance ?? 0;
  return {
    title: 'Shared supports, Jaccard index',
    subtitle: `${placeText(matrix)} · ${found?.size ?? 0} ${
      matrix.family === 'lr-l1' ? 'units of the sparse path' : 'units with the largest standardised weights'
    } a task`,
    ...{ tasks, directed: false, domain: [0, 1], chance, band: [chance, chance], controls: [] },
    scale: `Jaccard · tick: chance, ${two(chance)}`,
    cells: Array.from(found?.jaccard ?? [], (value, at) => {
      const own = Math.floor(at / tasks.length) === at % tasks.length;
      return plainCell(value, own || value <= chance);
    }),
  };
}

function cellOf(value: number, low: number, high: number, dim: boolean): GridCell {
  const known = Number.isFinite(low) && Number.isFinite(high);
  return {
    ...{ value, low, high, dim },
    text: Number.isFinite(value) ? two(value) : '',
    range: range(low, high),
    dotted: Number.isFinite(value) && !known,
  };
}

function plainCell(value: number, dim: boolean): GridCell {
  return { ...cellOf(value, NaN, NaN, dim), dotted: false };
}

/** Every cell with its interval, then the controls. */
export function gridTable({ tasks, cells, controls }: MatrixGrid, matrix: ProbeMatrix): FigureTable {
  const count = tasks.length;
  const known = (value: number | undefined): number | string =>
    value === undefined || !Number.isFinite(value) ? '' : value;
  return {
    columns: ['trained on', 'tested on', 'value', 'low', 'high', 'null low', 'null high', 'accuracy'],
    rows: [
      ...cells.map(({ value, low, high }, at) => [
        tasks[Math.floor(at / count)]!,
        tasks[at % count]!,
        ...[value, low, high, matrix.nullLow[at], matrix.nullHigh[at], matrix.accuracy[at]].map(known),
      ]),
      ...controls.flatMap((control) =>
        control.cells.map(({ value, low, high }, at) => [
          control.title,
          tasks[at]!,
          ...[value, low, high, undefined, undefined, undefined].map(known),
        ]),
      ),
    ],
  };
}

/** How far from chance towards an end of the scale, −1 to 1. */
export function shareOf(value: number, { domain, chance }: Pick<MatrixGrid, 'domain' | 'chance'>): number {
  const reach = value < chance ? chance - domain[0] : domain[1] - chance;
  return reach <= 0 ? 0 : Math.max(-1, Math.min(1, (value - chance) / reach));
}
