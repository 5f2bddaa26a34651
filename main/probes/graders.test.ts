/** @file Graders: what counts as the right answer, and where it ends. */
import { expect, it } from 'vitest';
import { acceptedOf, grade, graderOf, numbersIn } from './graders';

it('compares without case, punctuation and articles', () => {
  expect(grade(' The Eiffel Tower.', ['eiffel tower'], 'match')).toMatchObject({ right: true });
  expect(grade('Paris, France', ['Paris'], 'match')).toMatchObject({ right: false });
  expect(grade('  ', [''], 'match')).toMatchObject({ right: false });
});

it('takes the last number of an answer, with its end', () => {
  expect(grade('7 and 5 make 12.', ['12'], 'numeric')).toEqual({ right: true, end: 15 });
  expect(grade('1,200', ['1200.0'], 'numeric')).toMatchObject({ right: true });
  expect(grade('none', ['3'], 'numeric')).toEqual({ right: false, end: 4 });
  expect(numbersIn('−3 to 4.5').map(({ value }) => value)).toEqual([-3, 4.5]);
});

it('reads accepted answers and chooses a grader by them', () => {
  expect(acceptedOf('["a|b", "c"]')).toEqual(['a|b', 'c']);
  expect(acceptedOf('Paris | Paname')).toEqual(['Paris', 'Paname']);
  expect(acceptedOf('[sic')).toEqual(['[sic']);
  expect([graderOf([['1'], ['2', '2.0']]), graderOf([['1'], ['two']]), graderOf([])]).toEqual([
    'numeric',
    'match',
    'match',
  ]);
});
