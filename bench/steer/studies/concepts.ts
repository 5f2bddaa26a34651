/** @file The six concepts of the study of detection: two sets of texts each, read from files that are not shipped. */
import { join } from 'node:path';
import { stream } from '../../../native-models';
import { openDataset } from '../../../main/data';
import { rowsOf } from '../../../main/methods/steer/texts/rows';
import type { RunTexts, SideTexts } from '../../../main/methods/steer/stages';

export interface Concept {
  name: string;
  /** What is there now, and what is steered to, in words. */
  from: string;
  to: string;
  /** Whether continuations may hurt: they are not printed or stored. */
  offensive: boolean;
  sides(data: string): Promise<{ source: string[]; target: string[] }>;
}

async function rows(path: string, label = ''): Promise<string[]> {
  return rowsOf(await openDataset(path), { label, column: '', key: 'from' });
}

/** A file of the concepts: sentences with the concept and without. */
function concept(name: string, file: string): Concept {
  return {
    ...{ name, from: 'sentences of other things', to: `sentences about ${name}`, offensive: false },
    async sides(data) {
      const path = join(data, 'steering/concepts', file);
      return { source: await rows(path, 'negative'), target: await rows(path, 'positive') };
    },
  };
}

const text = (data: string, name: string) => rows(join(data, 'text', `${name}.jsonl.gz`));
/** Mail in other alphabets would be told apart by its letters. */
const plain = (texts: string[]) => texts.filter((one) => !/[^\t\n\r -~’‘“”–—]/.test(one));

/** Words of praise and of complaint, by which the unlabelled lists of pros and of cons are told apart. */
const PRAISE =
  /\b(great|good|excellent|easy|nice|love|best|fast|cheap|affordable|beautiful|perfect|fun|reliable|sturdy)\b/gi;
const COMPLAINT =
  /\b(no|not|none|poor|bad|expensive|slow|lack|hard|difficult|too|short|noisy|heavy|doesn't|can't|only|limited)\b/gi;
const count = (words: RegExp, one: string) => one.match(words)?.length ?? 0;

export const concepts: readonly Concept[] = [
  concept('football', 'football-1_04_00__.json'),
  concept('man', 'man-1_18_00__.json'),
  {
    ...{ name: 'toxic comments', from: 'comments that are not toxic', to: 'toxic comments', offensive: true },
    async sides(data) {
      const path = join(data, 'steering/toxicity/toxicity_en.csv');
      return { source: await rows(path, 'Not Toxic'), target: await rows(path, 'Toxic') };
    },
  },
  {
    ...{ name: 'spam', from: 'other mail', to: 'spam', offensive: true },
    sides: async (data) => ({
      source: plain(await text(data, 'mail_ham')),
      target: plain(await text(data, 'mail_spam')),
    }),
  },
  {
    ...{ name: 'Shakespeare', from: 'encyclopaedia articles', to: 'plays of Shakespeare', offensive: false },
    sides: async (data) => ({
      source: await text(data, 'wikipedia_random'),
      target: await text(data, 'shakespeare'),
    }),
  },
  {
    ...{ name: 'pros', from: 'lists of cons of products', to: 'lists of their pros', offensive: false },
    async sides(data) {
      const all = await text(data, 'pros_cons');
      const excess = (one: string) => count(PRAISE, one) - count(COMPLAINT, one);
      return {
        source: all.filter((one) => excess(one) <= -3),
        target: all.filter((one) => excess(one) >= 3),
      };
    },
  },
];

/** Parts of a side, seeded; texts are cut to their first words, since no more is read. */
export function partsOf(
  sides: { source: string[]; target: string[] },
  {
    words,
    fit,
    train,
    test,
    seed,
  }: { words: number; fit: number; train: number; test: number; seed: number },
): Pick<RunTexts, 'source' | 'target'> {
  const part = (side: 'source' | 'target'): SideTexts => {
    const cut = [...new Set(sides[side].map((one) => one.split(/\s+/).slice(0, words).join(' ')))];
    const order = stream(seed, `steer ${side}`).permutation(cut.length);
    const all = Array.from(order, (at) => cut[at]!);
    return {
      ...{ name: side, given: cut.length, sha256: '' },
      fit: all.slice(0, fit),
      train: all.slice(fit, fit + train),
      test: all.slice(fit + train, fit + train + test),
      calibration: all.slice(fit + train + test),
    };
  };
  return { source: part('source'), target: part('target') };
}
