/** @file How rows are chosen, named and remembered. */
import { beforeEach, expect, test } from 'vitest';
import { Selection } from './selection.svelte';

beforeEach(() => localStorage.clear());

test('rows are replaced, added and removed', () => {
  const selection = new Selection('a');
  selection.choose([1, 2, 3]);
  selection.choose([5], 'add');
  selection.choose([2], 'remove');
  expect([...selection.chosen]).toEqual([1, 3, 5]);
  selection.choose([9]);
  expect([...selection.chosen]).toEqual([9]);
});

test('every choice is a new set, so that a figure may compare by identity', () => {
  const selection = new Selection('a');
  const before = selection.chosen;
  selection.choose([1]);
  expect(selection.chosen).not.toBe(before);
});

test('a selection and its named subsets come back with the same data set, and only with it', () => {
  const selection = new Selection('a');
  selection.choose([3, 1]);
  selection.saveSubset('odd ones');
  expect([...new Selection('a').chosen]).toEqual([3, 1]);
  expect(new Selection('a').subsets).toEqual({ 'odd ones': [1, 3] });
  expect(new Selection('b').chosen.size).toBe(0);
});

test('stored rubbish is ignored', () => {
  localStorage.setItem('monge.selection.a', '{"chosen":["x"],"subsets":3}');
  expect(new Selection('a').chosen.size).toBe(0);
});
