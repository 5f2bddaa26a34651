/** @file How well scores rank ones above zeros: the area under the curve, its bootstrap interval, and what permuted labels reach. */
import { MongeError } from '../../native-models/error';
import { stream } from '../../native-models';

/** Area under the ROC curve of scores [n] for labels of 0 and 1: P(one above zero), ties counted half; NaN with one kind only. */
export function aucOf(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  return new Ranked(scores, labels).area();
}

/** Items in the order of their scores, sorted once; every resample is then one pass. */
export class Ranked {
  /** Numbers of the items, ascending by score. */
  readonly #order: Uint32Array;
  /** 1 where an item's score is above that of the one before. */
  readonly #rises: Uint8Array;
  readonly #labels: Uint8Array;

  /** @throws `scores-not-finite` */
  constructor(
    readonly scores: ArrayLike<number>,
    labels: ArrayLike<number>,
  ) {
    const values = Float64Array.from(scores);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new MongeError({
        code: 'scores-not-finite',
        what: 'a score is no number, so that items cannot be ranked',
        where: { row: bad + 1 },
        got: String(values[bad]),
      });
    this.#labels = Uint8Array.from(labels);
    this.#order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b);
    this.#rises = Uint8Array.from(this.#order, (item, k) =>
      Number(k > 0 && values[item]! > values[this.#order[k - 1]!]!),
    );
  }

  area(): number {
    return this.#area(this.#labels, null, 0);
  }

  /** The area with each item counted so often as `counts` [draws, n] says in one of its rows. */
  resampled({ counts }: Resamples, draw: number): number {
    return this.#area(this.#labels, counts, draw * this.#labels.length);
  }

  /** The area with other labels [draws, n]. */
  relabelled({ labels }: Relabellings, draw: number): number {
    const n = this.#labels.length;
    return this.#area(labels.subarray(draw * n, (draw + 1) * n), null, 0);
  }

  /** False- and true-positive rates as the threshold falls, from (0, 0) to (1, 1), a step per distinct score. */
  curve(): { falsePositive: Float64Array; truePositive: Float64Array } {
    const [falsePositive, truePositive] = [[0], [0]];
    let [ones, zeros] = [0, 0];
    for (let k = this.#order.length - 1; k >= 0; k--) {
      if (this.#labels[this.#order[k]!]) ones += 1;
      else zeros += 1;
      if (k > 0 && !this.#rises[k]) continue;
      falsePositive.push(zeros);
      truePositive.push(ones);
    }
    return {
      falsePositive: Float64Array.from(falsePositive, (count) => count / Math.max(1, zeros)),
      truePositive: Float64Array.from(truePositive, (count) => count / Math.max(1, ones)),
    };
  }

  #area(labels: Uint8Array, counts: Uint8Array | null, from: number): number {
    const order = this.#order;
    // Of the whole, of ones, of zeros below, and within the present tie.
    let [area, ones, zeros, tiedOnes, tiedZeros] = [0, 0, 0, 0, 0];
    for (let k = 0; k < order.length; k++) {
      const item = order[k]!;
      if (this.#rises[k]) {
        area += tiedOnes * (zeros + tiedZeros / 2);
        ones += tiedOnes;
        zeros += tiedZeros;
        tiedOnes = tiedZeros = 0;
      }
      const count = counts ? counts[from + item]! : 1;
      if (labels[item]) tiedOnes += count;
      else tiedZeros += count;
    }
    area += tiedOnes * (zeros + tiedZeros / 2);
    return area / ((ones + tiedOnes) * (zeros + tiedZeros));
  }
}

/** How often each item is drawn, [draws, n]. */
export interface Resamples {
  draws: number;
  counts: Uint8Array;
}

/** Bootstrap resamples that keep the numbers of ones and zeros; the same for the same labels, seed and name. */
export function stratifiedResamples(
  labels: ArrayLike<number>,
  draws: number,
  seed: number,
  name: string,
): Resamples {
  const n = labels.length;
  const counts = new Uint8Array(draws * n);
  const groups = [0, 1].map((label) =>
    Uint32Array.from({ length: n }, (_, item) => item).filter((item) => labels[item] === label),
  );
  for (const [label, group] of groups.entries()) {
    const random = stream(seed, `probes.bootstrap.${name}`, label);
    const picks = new Int32Array(group.length);
    for (let draw = 0; draw < draws && group.length > 0; draw++) {
      random.integers(picks, group.length);
      for (const pick of picks) {
        const at = draw * n + group[pick]!;
        if (counts[at]! < 255) counts[at]! += 1;
      }
    }
  }
  return { draws, counts };
}

/** Labels put on other items, [draws, n]. */
export interface Relabellings {
  draws: number;
  labels: Uint8Array;
}

/** Labels permuted by Fisher and Yates's shuffle. */
export function permutedLabels(
  labels: ArrayLike<number>,
  draws: number,
  seed: number,
  name: string,
): Relabellings {
  const n = labels.length;
  const out = new Uint8Array(draws * n);
  const random = stream(seed, `probes.permutation.${name}`);
  const places = new Float32Array(Math.max(0, n - 1));
  for (let draw = 0; draw < draws; draw++) {
    const row = out.subarray(draw * n, (draw + 1) * n);
    row.set(Uint8Array.from(labels));
    random.uniform(places);
    for (let k = n - 1; k > 0; k--) {
      const other = Math.min(k, Math.floor(places[k - 1]! * (k + 1)));
      [row[k], row[other]] = [row[other]!, row[k]!];
    }
  }
  return { draws, labels: out };
}

/** The central 95 %, or another share, of what the draws give. */
export function centralInterval(draws: number, of: (draw: number) => number, level = 0.95): [number, number] {
  const values = Float64Array.from({ length: draws }, (_, draw) => of(draw)).sort();
  const at = (share: number) => {
    const place = share * (values.length - 1);
    const below = Math.floor(place);
    const above = Math.min(values.length - 1, below + 1);
    return values[below]! + (place - below) * (values[above]! - values[below]!);
  };
  const tail = (1 - level) / 2;
  return draws === 0 ? [NaN, NaN] : [at(tail), at(1 - tail)];
}
