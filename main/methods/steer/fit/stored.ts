/** @file A fitted hook as the run keeps it: its map, what is known of its units, and the values that it was fitted on. */
import type { Arrays } from '../../../contract/define';
import type { FittedHook, HookMap, UnitFits } from '../../../contract/steering';
import type { FittedSides } from '../../../contract/steering-fit';
import type { RowMatrix } from '../../../contract/projection';
import { matrix, vector } from '../../../disk/named-arrays';
import { packed, unpacked } from '../../../disk/packed-json';

/** Values of more texts, or tokens, are thinned before they are kept for pictures. */
const MOST_ROWS = 1024;

const fitNames = ['before', 'after', 'score', 'auroc', 'slope', 'shift'] as const;

interface StoredFacts {
  hook: string;
  form: HookMap['form'];
  transported: FittedHook['transported'];
  warnings: string[];
}

export function keptHook({ map, fits, transported, warnings }: FittedHook): Arrays {
  const facts: StoredFacts = { hook: map.hook, form: map.form, transported, warnings: [...warnings] };
  return {
    ...packed(facts),
    w: vector(map.w),
    beta: vector(map.beta),
    lo: vector(map.lo),
    hi: vector(map.hi),
    units: vector(map.units),
    ...Object.fromEntries(fitNames.map((name) => [name, vector(fits[name])])),
  };
}

export function storedHook(arrays: Arrays): FittedHook {
  const { hook, form, transported, warnings } = unpacked<StoredFacts>(arrays);
  const floats = (name: string) => arrays[name]!.data as Float32Array;
  return {
    map: {
      ...{ hook, form, w: floats('w'), beta: floats('beta'), lo: floats('lo'), hi: floats('hi') },
      units: arrays.units!.data as Uint8Array,
    },
    fits: Object.fromEntries(
      fitNames.map((name) => [name, arrays[name]!.data as Float64Array]),
    ) as unknown as UnitFits,
    transported,
    warnings,
  };
}

/** Both sides [rows, units], thinned evenly to as many rows as pictures need. */
export function keptSides({ source, target }: FittedSides): Arrays {
  return { source: keptRows(source), target: keptRows(target) };
}

export function storedSides(arrays: Arrays): FittedSides {
  const side = (name: 'source' | 'target'): RowMatrix => {
    const { data, shape } = arrays[name]!;
    return { data: data as Float32Array, rows: shape[0]!, columns: shape[1]! };
  };
  return { source: side('source'), target: side('target') };
}

function keptRows({ data, rows, columns }: RowMatrix) {
  if (rows <= MOST_ROWS) return matrix(data, columns);
  const thinned = new Float32Array(MOST_ROWS * columns);
  for (let k = 0; k < MOST_ROWS; k++) {
    const row = Math.floor((k * rows) / MOST_ROWS);
    thinned.set(data.subarray(row * columns, (row + 1) * columns), k * columns);
  }
  return matrix(thinned, columns);
}

/** A map that was not fitted here: what would be known of its units from texts is not. */
export function unfitted(map: HookMap): FittedHook {
  const unknown = () => new Float64Array(map.w.length).fill(NaN);
  return {
    map,
    fits: {
      ...{ before: unknown(), after: unknown(), score: unknown(), auroc: unknown(), shift: unknown() },
      slope: Float64Array.from(map.w, (w) => Math.abs(w - 1)),
    },
    transported: { pooled: NaN, tokens: NaN },
    warnings: [],
  };
}
