/** @file What questions name: test rows, and scores of the run. */
import { MongeError } from '../../../../native-models/error';

/** Throws `row-unknown` unless there is such a test row, counted from 0. */
export function checkRow(row: number, count: number): void {
  if (Number.isInteger(row) && row >= 0 && row < count) return;
  throw new MongeError({
    code: 'row-unknown',
    what: 'there is no such test row',
    where: { key: 'row' },
    got: String(row),
    expected: `0 to ${count - 1}`,
  });
}

/** `score-not-fitted`: a question about a score that the run does not have. */
export function notFitted(id: string, scores: readonly string[]): MongeError {
  return new MongeError({
    code: 'score-not-fitted',
    what: 'this run has no such score',
    where: { key: 'score' },
    got: id,
    expected: scores.join(', '),
    help: 'choose it in the settings and run again',
  });
}

/** `no-regions`: a question about regions of numbers to a run whose sets are of classes. */
export function noRegions(): MongeError {
  return new MongeError({
    code: 'no-regions',
    what: 'this run predicts classes, so it has no regions and no model of numbers',
    got: 'a classification',
    expected: 'a run whose targets are numbers',
    help: 'ask for classes or classSets, or read membership.csv',
  });
}

/** `no-classes`: a question about sets of classes to a run of numbers. */
export function noClasses(): MongeError {
  return new MongeError({
    code: 'no-classes',
    what: 'this run predicts numbers, so its sets are regions',
    got: 'a regression',
    expected: 'a run whose only target is a column of classes',
  });
}
