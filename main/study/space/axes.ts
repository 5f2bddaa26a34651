/**
 * @file The axes of a space as coordinates from 0 to 1, in which samplers work. Whole numbers, steps and choices are cells
 * that share the axis: their values stand half a step inside, so that the ends are as likely as the rest (as Optuna has it).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../contract/schema';
import type { Dimension, Space } from '../../contract/study';
import { isRange, type ChoiceDimension, type RangeDimension } from './kinds';

export interface Axis {
  key: string;
  dimension: Dimension;
  /** How many values there are; null for a continuum. */
  cells: number | null;
  /** The place of a value: of a cell its value on the scale, not always its middle. NaN for what is no value of it. */
  toUnit(value: Json): number;
  /** The value at a place; places outside [0, 1] are taken as the nearer end. */
  fromUnit(place: number): Json;
  /** Lower and upper end of the cell at a place; both the place itself for a continuum. */
  cellAt(place: number): [low: number, high: number];
  /** Whether any value but one is possible. */
  varies: boolean;
}

export function axesOf(space: Space): Axis[] {
  return Object.entries(space).map(([key, dimension]) => axisOf(key, dimension));
}

function axisOf(key: string, dimension: Dimension): Axis {
  if (!isRange(dimension)) return choiceAxis(key, dimension);
  if (dimension.type === 'int' && dimension.scale === 'log') return logIntegerAxis(key, dimension);
  if (dimension.type === 'int' || dimension.step !== undefined) return steppedAxis(key, dimension);
  const [to, from] = SCALES[dimension.scale];
  const [low, high] = [to(dimension.low), to(dimension.high)];
  const varies = high > low;
  return {
    ...{ key, dimension, cells: null, varies },
    toUnit: (value) => (typeof value === 'number' ? (varies ? (to(value) - low) / (high - low) : 0.5) : NaN),
    // The ends are met exactly, which logarithms and back would miss.
    fromUnit(place) {
      if (!(place > 0)) return dimension.low;
      return place >= 1
        ? dimension.high
        : clamp(from(low + place * (high - low)), dimension.low, dimension.high);
    },
    cellAt: (place) => [place, place],
  };
}

type Scale = readonly [to: (value: number) => number, from: (place: number) => number];
const SCALES: Readonly<Record<'linear' | 'log' | 'logit', Scale>> = {
  linear: [(value) => value, (place) => place],
  log: [Math.log, Math.exp],
  logit: [(value) => Math.log(value) - Math.log1p(-value), (place) => 1 / (1 + Math.exp(-place))],
};

function steppedAxis(key: string, dimension: RangeDimension): Axis {
  const { low, high, step = 1 } = dimension;
  // An end that is off by rounding counts.
  const cells = Math.floor((high - low) / step + 1e-9) + 1;
  // Twelve digits: 0.1 · 3 is 0.3.
  const value = (cell: number) =>
    dimension.type === 'int'
      ? low + cell * step
      : Math.min(high, Number((low + cell * step).toPrecision(12)));
  return {
    ...evenCells(cells),
    ...{ key, dimension },
    toUnit: (given) => (typeof given === 'number' ? ((given - low) / step + 0.5) / cells : NaN),
    fromUnit: (place) => value(cellOf(place, cells)),
  };
}

function choiceAxis(key: string, dimension: ChoiceDimension): Axis {
  const { choices } = dimension;
  return {
    ...evenCells(choices.length),
    ...{ key, dimension },
    toUnit: (value) => {
      const cell = choices.findIndex((choice) => isDeepStrictEqual(choice, value));
      return cell < 0 ? NaN : (cell + 0.5) / choices.length;
    },
    fromUnit: (place) => choices[cellOf(place, choices.length)]!,
  };
}

/** Cells of a log scale reach from half below to half above their number, so that they get narrower. */
function logIntegerAxis(key: string, dimension: RangeDimension): Axis {
  const { low, high } = dimension;
  const [first, last] = [Math.log(low - 0.5), Math.log(high + 0.5)];
  const toUnit = (value: number) => (Math.log(value) - first) / (last - first);
  const fromUnit = (place: number) =>
    clamp(Math.round(Math.exp(first + clamp(place, 0, 1) * (last - first))), low, high);
  return {
    ...{ key, dimension, cells: high - low + 1, varies: high > low },
    toUnit: (value) => (typeof value === 'number' ? toUnit(value) : NaN),
    fromUnit,
    cellAt(place) {
      const value = fromUnit(place);
      return [toUnit(value - 0.5), toUnit(value + 0.5)];
    },
  };
}

function evenCells(cells: number): Pick<Axis, 'cells' | 'varies' | 'cellAt'> {
  return {
    ...{ cells, varies: cells > 1 },
    cellAt(place) {
      const cell = cellOf(place, cells);
      return [cell / cells, (cell + 1) / cells];
    },
  };
}

/** Half-open cells: a border belongs to the one above it. */
function cellOf(place: number, cells: number): number {
  return clamp(Math.floor(place * cells), 0, cells - 1);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
