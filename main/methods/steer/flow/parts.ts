/** @file Which images a run of steering a flow uses for what: fitting of either class, training the judge, testing it. */
import { stream } from '../../../../native-models';
import { flowError, type ClassImages } from './opened';

/** Share of the labelled images on which the judge is tested; nothing else sees them. */
const TESTED = 0.15;
/** Fewer images of a class on either side say nothing. */
const FEWEST = 8;

export interface Parts {
  from: number;
  to: number;
  /** Rows of the data that are in one part only. */
  source: Int32Array;
  target: Int32Array;
  /** Of all classes. */
  train: Int32Array;
  test: Int32Array;
  /** Images of either class in the data. */
  given: { source: number; target: number };
}

/**
 * Splits the labelled rows by the seed: first those that test the judge, then `n` of either class for fitting, at most a half
 * of what is left of it; the rest trains the judge.
 * @throws `class-unknown`, `steer-flow-few`
 */
export function partsOf(
  { labels, names }: Pick<ClassImages, 'labels' | 'names'>,
  asked: { from: string; to: string; n: number },
  seed: number,
): Parts {
  const [from, to] = [codeOf(names, 'from', asked.from), codeOf(names, 'to', asked.to)];
  if (from === to)
    throw flowError('class-unknown', 'source and target are the same class', {
      ...{ key: 'to', got: asked.to, expected: `a class other than ${asked.from}` },
    });
  const known = Int32Array.from({ length: labels.length }, (_, row) => row).filter(
    (row) => labels[row]! >= 0,
  );
  const order = stream(seed, 'steer.flow.parts')
    .permutation(known.length)
    .map((k) => known[k]!);
  const aside = Math.floor(TESTED * order.length);
  const [test, rest] = [order.slice(0, aside), order.slice(aside)];
  const taken = (code: number) => {
    const own = rest.filter((row) => labels[row] === code);
    const count = Math.min(asked.n, Math.floor(own.length / 2));
    if (count >= FEWEST) return own.slice(0, count);
    throw flowError('steer-flow-few', 'too few images of a class to fit maps on', {
      key: code === from ? 'from' : 'to',
      got: `${own.length} of ${names[code]!} beside those that test the judge`,
      expected: `at least ${2 * FEWEST}`,
    });
  };
  const [source, target] = [taken(from), taken(to)];
  const used = new Set([...source, ...target]);
  const count = (code: number) => known.filter((row) => labels[row] === code).length;
  const given = { source: count(from), target: count(to) };
  return { from, to, source, target, train: rest.filter((row) => !used.has(row)), test, given };
}

function codeOf(names: readonly string[], key: string, name: string): number {
  const code = names.indexOf(name);
  if (code >= 0) return code;
  throw flowError('class-unknown', 'the data has no class of this name', {
    key,
    got: name === '' ? 'none' : name,
    expected: names.slice(0, 50).join(', '),
  });
}
