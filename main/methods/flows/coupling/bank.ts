/** @file The pairs that training draws from: a growing bank of pools, or fresh independent pairs. Every draw is keyed by its step. */
import { stream } from '../../../../native-models';
import type { Source } from '../points/source';
import type { PoolData } from './pool';

/** The pairs of one step. */
export interface PairBatch {
  /** [batch, dimension] source and data points in model units. */
  x0: Float32Array;
  x1: Float32Array;
  /** [batch] class code of the data point, −1 where it has none; there where the flow is conditional. */
  label?: Int32Array;
}

/** What training draws from. The same step always gives the same pairs, whatever was asked before. */
export interface PairSupply {
  fill(step: number, batch: PairBatch): void;
}

/** Every step draws its own source points and rows at random: plain flow matching. */
export function independentPairs({ target, training, source }: PoolData, seed: number): PairSupply {
  return {
    fill(step, { x0, x1 }) {
      const batch = x0.length / source.dimension;
      x0.set(source.draw(seed, 'flows.batch.source', step, batch));
      const chosen = stream(seed, 'flows.batch.target', step).integers(
        new Int32Array(batch),
        training.length,
      );
      for (let k = 0; k < batch; k++) copyRow(target, training[chosen[k]!]!, x1, k, source.dimension);
    },
  };
}

/** Paired pools in order of arrival; a step draws evenly from all that are there. */
export class PairBank implements PairSupply {
  /** [pools·poolSize] row of the data for each pair. */
  readonly targetRows: Int32Array;
  readonly #source: Float32Array;
  readonly #points: Source;
  readonly #target: Float32Array;
  readonly #seed: number;
  readonly #poolSize: number;
  #filled = 0;

  constructor({ target, source }: PoolData, pools: number, poolSize: number, seed: number) {
    this.targetRows = new Int32Array(pools * poolSize);
    this.#source = new Float32Array(pools * poolSize * source.dimension);
    this.#points = source;
    this.#target = target;
    this.#seed = seed;
    this.#poolSize = poolSize;
  }

  /** Pools added so far. */
  get pools(): number {
    return this.#filled;
  }

  /** Adds the next pool; its source points follow from its number. */
  add(targetRows: Int32Array): void {
    const points = this.#points.drawPool(this.#seed, this.#filled, this.#poolSize);
    this.#source.set(points, this.#filled * points.length);
    this.targetRows.set(targetRows, this.#filled * this.#poolSize);
    this.#filled++;
  }

  fill(step: number, { x0, x1 }: PairBatch): void {
    const { dimension } = this.#points;
    const batch = x0.length / dimension;
    const pairs = this.#filled * this.#poolSize;
    const chosen = stream(this.#seed, 'flows.batch.pairs', step).integers(new Int32Array(batch), pairs);
    for (let k = 0; k < batch; k++) {
      copyRow(this.#source, chosen[k]!, x0, k, dimension);
      copyRow(this.#target, this.targetRows[chosen[k]!]!, x1, k, dimension);
    }
  }
}

function copyRow(from: Float32Array, row: number, to: Float32Array, at: number, dimension: number): void {
  for (let k = 0; k < dimension; k++) to[at * dimension + k] = from[row * dimension + k]!;
}
