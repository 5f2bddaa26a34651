/** @file Whether an answer is right, and where in it the answer itself ends: normalised exact match, and numbers. */

export interface Graded {
  right: boolean;
  /** End of the span that decided, in the answer; its length where nothing in it could be found. */
  end: number;
}

export type Grader = 'match' | 'numeric';

/** Relative difference of two numbers that are the same. */
const SAME = 1e-6;
const NUMBER = /[-−]?\d[\d,]*(?:\.\d+)?/g;

/** Lower case, without punctuation, articles and extra blanks, as SQuAD's evaluation compares answers. */
function normalised(answer: string): string {
  return answer
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\s]/gu, '')
    .replace(/\b(?:a|an|the)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Numbers in a text with where they end. Commas between digits group them. */
export function numbersIn(text: string): { value: number; end: number }[] {
  return [...text.matchAll(NUMBER)].map((found) => ({
    value: Number(found[0].replace('−', '-').replaceAll(',', '')),
    end: found.index + found[0].replace(/,+$/, '').length,
  }));
}

/** `match` takes the whole answer; `numeric` its last number. Any of the accepted answers will do. */
export function grade(answer: string, accepted: readonly string[], grader: Grader): Graded {
  if (grader === 'numeric') {
    const last = numbersIn(answer).at(-1);
    const wanted = accepted.flatMap((one) => numbersIn(one).slice(-1));
    const right =
      last !== undefined &&
      wanted.some(({ value }) => Math.abs(value - last.value) <= SAME * Math.max(1, Math.abs(value)));
    return { right, end: last?.end ?? answer.length };
  }
  const found = normalised(answer);
  const right = found !== '' && accepted.some((one) => normalised(one) === found);
  return { right, end: answer.trimEnd().length };
}

/** The grader of answers that were not said to be of a kind: numbers where all of them are. */
export function graderOf(accepted: readonly (readonly string[])[]): Grader {
  const isNumber = (answer: string) => /^\s*[-−]?[\d,]*\.?\d+\s*$/.test(answer);
  return accepted.length > 0 && accepted.every((list) => list.every(isNumber)) ? 'numeric' : 'match';
}

/** Accepted answers of a cell: a JSON list, or texts between bars. */
export function acceptedOf(cell: string): string[] {
  if (cell.trim().startsWith('['))
    try {
      const list = JSON.parse(cell) as unknown;
      if (Array.isArray(list)) return list.map(String);
    } catch {
      // A text that begins with a bracket.
    }
  return cell.split('|').map((one) => one.trim());
}
