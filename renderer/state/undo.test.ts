/** @file Undo takes back edits one by one; typing into one field is one edit. */
import { expect, test } from 'vitest';
import { UndoHistory } from './undo.svelte';

function counter() {
  const history = new UndoHistory();
  let value = 0;
  const set = (next: number, merge?: string): void => {
    const before = value;
    value = next;
    history.push({ title: 'value', merge, undo: () => (value = before), redo: () => (value = next) });
  };
  return { history, set, value: () => value };
}

test('undo and redo walk back and forth', () => {
  const { history, set, value } = counter();
  set(1);
  set(2);
  history.undo();
  expect(value()).toBe(1);
  history.undo();
  expect([value(), history.canUndo]).toEqual([0, false]);
  history.redo();
  expect(value()).toBe(1);
});

test('edits with the same key become one', () => {
  const { history, set, value } = counter();
  set(2, 'steps');
  set(25, 'steps');
  set(250, 'steps');
  history.undo();
  expect(value()).toBe(0);
  history.redo();
  expect(value()).toBe(250);
});

test('a new edit ends what could be redone', () => {
  const { history, set } = counter();
  set(1);
  history.undo();
  set(5);
  expect(history.canRedo).toBe(false);
});
