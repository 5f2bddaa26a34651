/** @file Stop strings over pieces of text: what is handed out never holds one, and what only looked like one is not lost. */
import { expect, it } from 'vitest';
import { StopWatcher } from './stop-strings';

function run(stops: string[], pieces: string[]) {
  const watcher = new StopWatcher(stops);
  const out: string[] = [];
  for (const piece of pieces) {
    const { text, stopped } = watcher.push(piece);
    out.push(text);
    if (stopped) return { out, stopped };
  }
  return { out: [...out, watcher.end()], stopped: false };
}

it('ends at a stop string that spreads over pieces', () => {
  expect(run(['\n\nUser:'], ['Yes.\n', '\nUs', 'er: more'])).toEqual({
    out: ['Yes.', '', ''],
    stopped: true,
  });
});

it('hands out what only began like one', () => {
  expect(run(['###'], ['a #', '# b', ' c#'])).toEqual({ out: ['a ', '## b', ' c', '#'], stopped: false });
});

it('takes the earliest of several, and ignores empty ones', () => {
  expect(run(['', 'dog', 'cat'], ['one cat, one dog'])).toEqual({ out: ['one '], stopped: true });
  expect(run([''], ['text'])).toEqual({ out: ['text', ''], stopped: false });
});

it('holds back no more than can still become one', () => {
  expect(run(['aab'], ['aaa', 'ab!'])).toEqual({ out: ['a', 'a'], stopped: true });
});
