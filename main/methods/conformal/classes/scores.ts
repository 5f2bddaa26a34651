/**
 * @file Scores of classes that need nothing but the probabilities π: inverse probability, margin, and APS. Each gives every
 * class of every row a score, [rows, classes]; the set of a row are its classes with a score of at most the radius.
 */
import { uniformAt } from '../../../../native-models';
import type { ClassScoreId, ScoreWords } from '../scores/catalogue';

/** 1 − π_y, as the sum of the others, which keeps its digits where π_y is nearly 1 (section 2.1: IP). */
export const inverseProbability = ofClasses(restOf);

/** max_{j ≠ y} π_j − π_y, from −1 to 1 (section 2.1: MS). */
export const margin = ofClasses(
  (row, y) =>
    row.reduce((other, value, j) => (j === y ? other : Math.max(other, value)), -Infinity) - row[y]!,
);

/**
 * The mass of the classes more likely than y and a share U of π_y itself, from 0 to 1, U uniform and drawn once per row
 * (Romano, Sesia and Candès 2020, randomised). Without the share the least likely class would always score exactly 1, and
 * such ties, half of all errors among two classes, make sets cover more often than asked. Of equally likely classes the
 * first counts as more likely.
 */
export const adaptive = ofClasses((row, y, share) => {
  const own = row[y]!;
  const ahead = row.filter((value, j) => value > own || (value === own && j < y));
  return ahead.reduce((sum, value) => sum + value, 0) + share * own;
});

/** [rows, classes] from the score of class y of one row; `shares` [rows] holds a uniform number for each where it is needed. */
function ofClasses(score: (row: Float64Array, y: number, share: number) => number) {
  return (probabilities: Float64Array, classes: number, shares?: Float64Array): Float64Array =>
    Float64Array.from(probabilities, (_, at) => {
      const row = Math.floor(at / classes);
      const own = probabilities.subarray(row * classes, (row + 1) * classes);
      return score(own, at % classes, shares?.[row] ?? 0);
    });
}

/** A uniform number for each row of the data set, keyed by its number: a row has the same in whatever order it comes. */
export function sharesOf(index: Uint32Array, seed: number, label: string): Float64Array {
  return Float64Array.from(index, (row) => uniformAt(seed, `conformal.classes.${label}`, row, 0));
}

/** [rows·classes, classes] |e_y − π| of every class y of every row: what the transport ranks (section 1.12). */
export function classVectors(probabilities: Float64Array, classes: number): Float64Array {
  const out = new Float64Array(probabilities.length * classes);
  for (let at = 0; at < probabilities.length; at += classes) {
    const row = probabilities.subarray(at, at + classes);
    for (let y = 0; y < classes; y++) {
      const to = (at + y) * classes;
      out.set(row, to);
      out[to + y] = restOf(row, y);
    }
  }
  return out;
}

/** Entry y of rows [rows, width] for each row's own y. */
export function ownEntries(values: Float64Array, classes: number, own: ArrayLike<number>): Float64Array {
  const width = values.length / (own.length * classes || 1);
  const out = new Float64Array(own.length * width);
  for (let row = 0; row < own.length; row++) {
    const from = (row * classes + own[row]!) * width;
    out.set(values.subarray(from, from + width), row * width);
  }
  return out;
}

interface ClassScore extends ScoreWords<ClassScoreId> {
  /** None of the transport rank, which is learned. */
  of?: ReturnType<typeof ofClasses>;
}

/** In the order in which they are shown. */
export const CLASS_SCORES: readonly ClassScore[] = [
  {
    id: 'otcp',
    title: 'OTCP',
    help: 'Rank of the errors of all probabilities under an entropic transport map to the positive simplex.',
    source: 'arXiv 2501.18991, code; entropic map of arXiv 2502.03609',
  },
  {
    id: 'ip',
    title: 'Inverse probability',
    help: '1 − the predicted probability: one threshold for all probabilities.',
    source: 'Sadinle, Lei and Wasserman 2019',
    of: inverseProbability,
  },
  {
    id: 'ms',
    title: 'Margin',
    help: 'How far the best other class is ahead.',
    source: 'Johansson, Linusson, Löfström and Boström 2017',
    of: margin,
  },
  {
    id: 'aps',
    title: 'APS',
    help: 'The mass of the more likely classes and a random share of its own, drawn once per row: coverage is even over easy and hard rows, sets of sure rows are empty at times.',
    source: 'Romano, Sesia and Candès 2020',
    of: adaptive,
  },
];

function restOf(row: Float64Array, y: number): number {
  return row.reduce((rest, value, j) => (j === y ? rest : rest + value), 0);
}

/**
 * The scores that a classification uses of those chosen: those that are of classes; all four where there is none of them but
 * the transport rank, which the form's default names for regressions. `notice` says so.
 */
export function classScoresOf(chosen: readonly string[]): { ids: ClassScoreId[]; notice: string | null } {
  const all = CLASS_SCORES.map(({ id }) => id);
  const ids = all.filter((id) => chosen.includes(id));
  if (ids.some((id) => id !== 'otcp')) return { ids, notice: null };
  return {
    ids: all,
    notice: `Sets of classes use scores of their own: ${CLASS_SCORES.map(({ title }) => title).join(', ')}. Choose among them under Scores.`,
  };
}
