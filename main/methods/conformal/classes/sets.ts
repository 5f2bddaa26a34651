/** @file Sets of classes: which classes of a row are in, and what the sets of all rows amount to. */

/** Scores [rows, classes] with the class of each row. */
export interface LabelScores {
  scores: Float64Array;
  truth: ArrayLike<number>;
  classes: number;
}

export interface SetMeasures {
  coverage: number;
  /** Mean number of classes in a set. */
  meanSize: number;
  /** Shares of the rows whose set has one class, none, and all. */
  singletons: number;
  empty: number;
  everything: number;
  /** By class, NaN where no row is of that class. */
  coverageByClass: number[];
  /** The least of them. */
  classCoverage: number;
  /** Rows whose set has 0, 1, … classes. */
  sizes: number[];
}

/** Members of one row's set, from its scores. An infinite radius holds every class. */
export function membersOf(scores: Float64Array, radius: number): boolean[] {
  return Array.from(scores, (score) => score <= radius || radius === Infinity);
}

/** Counts the sets at a radius; at least one row. */
export function measureSets({ scores, truth, classes }: LabelScores, radius: number): SetMeasures {
  const rows = truth.length;
  const sizes = new Array<number>(classes + 1).fill(0);
  const [hits, counts] = [new Float64Array(classes), new Float64Array(classes)];
  for (let row = 0; row < rows; row++) {
    const members = membersOf(scores.subarray(row * classes, (row + 1) * classes), radius);
    const own = truth[row]!;
    counts[own]! += 1;
    if (members[own]) hits[own]! += 1;
    sizes[members.filter((member) => member).length]! += 1;
  }
  const coverageByClass = Array.from(hits, (hit, k) => hit / counts[k]!);
  return {
    coverage: hits.reduce((sum, hit) => sum + hit, 0) / rows,
    meanSize: sizes.reduce((sum, count, size) => sum + count * size, 0) / rows,
    singletons: sizes[1]! / rows,
    empty: sizes[0]! / rows,
    everything: sizes[classes]! / rows,
    coverageByClass,
    classCoverage: Math.min(...coverageByClass.filter((share) => !Number.isNaN(share))),
    sizes,
  };
}
