/** @file What fitting sees of a hook's values: one row of numbers a text, pooled over its tokens, and single tokens. */
import type { SteeringPooling } from '../../../contract/steering';
import type { RowMatrix } from '../../../contract/projection';
import type { HookSamples } from '../../../steering/estimate';
import type { PlacedText, Side } from './side';

/** Values of a hook in one batch [texts · tokens, units]. */
export type BatchValues = Float32Array;

export interface PoolingChoice {
  pooling: SteeringPooling;
  /** Whether the first token of a text counts. */
  first: boolean;
}

/**
 * The pooled values of a side, texts in their order, and its tokens where the side wants them. Padding takes no part, so that
 * neither its side nor the size of batches changes a number. Sums are in double precision; the median of an even count is
 * the mean of the two in the middle.
 */
export function hookSamples(
  side: Side,
  values: readonly BatchValues[],
  units: number,
  { pooling, first }: PoolingChoice,
): HookSamples {
  const places: { values: Float32Array; rows: number }[] = new Array<{ values: Float32Array; rows: number }>(
    side.texts,
  );
  side.batches.forEach(({ texts }, batch) => {
    for (const place of texts) places[place.text] = rowsOf(values[batch]!, place, units, first);
  });
  const needsTokens = pooling === 'all' || side.tokens;
  const tokens = needsTokens ? joined(places, units) : undefined;
  if (pooling === 'all') return { pooled: tokens!, ...(side.tokens && { tokens }) };
  const pooled = new Float32Array(side.texts * units);
  places.forEach((place, text) => {
    pool(place.values, place.rows, units, pooling, pooled.subarray(text * units, (text + 1) * units));
  });
  return { pooled: { data: pooled, rows: side.texts, columns: units }, ...(tokens && { tokens }) };
}

function rowsOf(values: Float32Array, { start, end }: PlacedText, units: number, first: boolean) {
  const from = first ? start : start + 1;
  return { values: values.subarray(from * units, end * units), rows: end - from };
}

function joined(places: readonly { values: Float32Array; rows: number }[], units: number): RowMatrix {
  const rows = places.reduce((sum, place) => sum + place.rows, 0);
  const data = new Float32Array(rows * units);
  let at = 0;
  for (const { values } of places) {
    data.set(values, at);
    at += values.length;
  }
  return { data, rows, columns: units };
}

/** One text's values [rows, units] as one number a unit. */
function pool(
  values: Float32Array,
  rows: number,
  units: number,
  pooling: Exclude<SteeringPooling, 'all'>,
  into: Float32Array,
): void {
  switch (pooling) {
    case 'last':
      into.set(values.subarray((rows - 1) * units));
      return;
    case 'mean': {
      const sums = new Float64Array(units);
      for (let row = 0, at = 0; row < rows; row++)
        for (let unit = 0; unit < units; unit++, at++) sums[unit]! += values[at]!;
      for (let unit = 0; unit < units; unit++) into[unit] = sums[unit]! / rows;
      return;
    }
    case 'max':
    case 'min': {
      const sign = pooling === 'max' ? 1 : -1;
      into.set(values.subarray(0, units));
      for (let row = 1, at = units; row < rows; row++)
        for (let unit = 0; unit < units; unit++, at++)
          // NaN is kept, so that it is refused and not lost.
          if (sign * values[at]! > sign * into[unit]! || Number.isNaN(values[at])) into[unit] = values[at]!;
      return;
    }
    case 'median': {
      const line = new Float32Array(rows);
      const middle = (rows - 1) / 2;
      for (let unit = 0; unit < units; unit++) {
        for (let row = 0; row < rows; row++) line[row] = values[row * units + unit]!;
        line.sort();
        into[unit] = (line[Math.floor(middle)]! + line[Math.ceil(middle)]!) / 2;
      }
    }
  }
}
