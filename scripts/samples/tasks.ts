/** @file The sample tasks for probes: true and false statements of six kinds, each false one beside a true one of the same words or frame. */
import { draws } from './clouds';
import { PEOPLE, PLACES, sentences, WORDS } from './sentences';

export interface Task {
  /** What the third column says: items that share it stay on one side of a split. */
  about: string;
  rows: { statement: string; label: 0 | 1; about: string }[];
}

const NUMBERS = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven'],
  ...['twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen', 'twenty'],
] as const;

/** Statements of a task. */
const ITEMS = 240;

/** The tasks by the names of their files. */
export function tasks(): Map<string, Task> {
  return new Map([
    ['rivers', rivers()],
    ['trades', trades()],
    ['larger-than', compared('larger')],
    ['smaller-than', compared('smaller')],
    ['sums', sums()],
    ['word-order', wordOrder()],
  ]);
}

/** On which river a place of the made-up country lies; false ones name another river. */
function rivers(): Task {
  const { integer } = draws('tasks: rivers');
  const names = [...new Set(PLACES.map(({ river }) => river))];
  const rows = WORDS.far.flatMap((far) =>
    WORDS.other.flatMap((other) =>
      PLACES.flatMap(({ place, river }) => {
        const wrong = names.filter((one) => one !== river)[integer(names.length - 1)]!;
        const say = (name: string) => `${place} lies on the river ${name}, ${far} from ${other}.`;
        return pair(say(river), say(wrong), `${far} from ${other}`);
      }),
    ),
  );
  return { about: 'where', rows: some(rows, 'rivers') };
}

/** What a person of the made-up country does; false ones have another one's trade. */
function trades(): Task {
  const { integer } = draws('tasks: trades');
  const rows = PLACES.flatMap(({ place }) =>
    WORDS.mood.slice(0, 3).flatMap((mood) =>
      PEOPLE.flatMap(({ person, trade }) => {
        const others = PEOPLE.filter((one) => one.trade !== trade);
        const wrong = others[integer(others.length)]!.trade;
        const say = (name: string) => `${person} the ${name} has a ${mood} house in ${place}.`;
        return pair(say(trade), say(wrong), `a ${mood} house in ${place}`);
      }),
    ),
  );
  return { about: 'house', rows: some(rows, 'trades') };
}

/** Two numbers compared, each pair in both orders: the words alone say nothing. */
function compared(word: 'larger' | 'smaller'): Task {
  const rows = NUMBERS.flatMap((low, k) =>
    NUMBERS.slice(k + 1).flatMap((high) => {
      const [first, second] = word === 'larger' ? [high, low] : [low, high];
      const say = (a: string, b: string) => `${capital(a)} is ${word} than ${b}.`;
      return pair(say(first, second), say(second, first), `${low} and ${high}`);
    }),
  );
  // The same pairs in both tasks: they are siblings.
  return { about: 'numbers', rows: some(rows, 'comparisons') };
}

/** Sums of two numbers; false ones are too large by two to five. */
function sums(): Task {
  const { integer } = draws('tasks: sums');
  const most = NUMBERS.length - 6;
  const rows = Array.from({ length: 121 }, (_, k) => [k % 11, Math.floor(k / 11)] as const)
    .filter(([a, b]) => a + b <= most)
    .flatMap(([a, b]) => {
      const say = (sum: number) => `${capital(NUMBERS[a]!)} plus ${NUMBERS[b]!} is ${NUMBERS[sum]!}.`;
      const about = `${NUMBERS[Math.min(a, b)]!} plus ${NUMBERS[Math.max(a, b)]!}`;
      return pair(say(a + b), say(a + b + 2 + integer(4)), about);
    });
  return { about: 'terms', rows };
}

/** Sentences as they are, and with two neighbouring words changed over. */
function wordOrder(): Task {
  const { integer } = draws('tasks: word order');
  const rows = sentences(4 * ITEMS).flatMap(({ text, concept }, k) => {
    const words = text.slice(0, -1).split(' ');
    if (words.length < 6 || text.includes(',')) return [];
    const at = 2 + integer(words.length - 4);
    const [a, b] = [words[at]!, words[at + 1]!];
    const changed = words.with(at, b).with(at + 1, a);
    return pair(text, `${changed.join(' ')}.`, `${concept} ${k}`);
  });
  return { about: 'sentence', rows: rows.slice(0, ITEMS) };
}

function pair(right: string, wrong: string, about: string): Task['rows'] {
  return [
    { statement: right, label: 1, about },
    { statement: wrong, label: 0, about },
  ];
}

/** As many pairs as a task has room for, drawn by whole groups, in the order in which they were made. */
function some(rows: Task['rows'], name: string): Task['rows'] {
  const { uniform } = draws(`tasks: chosen ${name}`);
  const groups = [...new Set(rows.map(({ about }) => about))]
    .map((about) => ({ about, at: uniform() }))
    .sort((a, b) => a.at - b.at);
  const kept = new Set<string>();
  let count = 0;
  for (const { about } of groups) {
    const size = rows.filter((row) => row.about === about).length;
    if (count + size > ITEMS) continue;
    kept.add(about);
    count += size;
  }
  return rows.filter(({ about }) => kept.has(about));
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
