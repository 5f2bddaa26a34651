/** @file What a listener hears of the compiler, and that nothing changes without one. */
import { afterEach, expect, it } from 'vitest';
import { setCompilerListener, sgd } from '.';
import { toyProgram } from './testing/toy-program';

afterEach(() => setCompilerListener(undefined));

/** The texts of one compilation, with a clock that goes on by a millisecond whenever it is read. */
function hear(level: number): string[] {
  const texts: string[] = [];
  let time = 0;
  setCompilerListener({ level, write: (text) => texts.push(text), now: () => time++ });
  toyProgram(sgd(), 2);
  return texts;
}

it('level 1 tells of every step of a program, what it contains before itself', () => {
  const texts = hear(1);
  const steps = texts.map((text) => /^\w+: [a-z ]+(?= \d)/.exec(text)![0]);
  expect(steps).toEqual([
    ...['gradient: walk back', 'toy: trace', 'toy: verify', 'toy: simplify', 'toy: verify'],
    ...['toy: lower', 'toy: encode'],
  ]);
  expect(texts[0]).toMatch(/ 1\.0 ms, over \d+ nodes to \d+ tensors$/);
  const nodes = (index: number) => Number(/(\d+) nodes/.exec(texts[index]!)![1]);
  expect(nodes(3)).toBeLessThan(nodes(1));
});

it('level 2 adds the graph, level 0 tells nothing', () => {
  const texts = hear(2);
  expect(texts).toHaveLength(8);
  expect(texts[5]).toMatch(/^toy\(parameters: f32\[\d+\]/);
  expect(hear(0)).toEqual([]);
});

it('the program is the same whoever listens', () => {
  const silent = toyProgram(sgd(), 2).model;
  hear(2);
  expect(toyProgram(sgd(), 2).model).toEqual(silent);
});
