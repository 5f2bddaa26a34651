/** @file The figure of a run: bits per byte over the training with what they are read against, and what the model wrote. */
import { plot } from '../../../figures/plot';
import type { Scene } from '../../../figures/scene';
import { wrapped } from '../../../figures/wrapped';
import { figureFor } from '../../contract/figure';
import { object, section } from '../../contract/schema';
import type { Inputs, TinyConfig } from './config';
import { looksOf, type Look } from './looks';

/** Characters of a line of a sample, and lines that are shown. */
const LINE = 64;
const MOST_LINES = 8;

const [shown] = section('Samples');

export const figures = {
  learning: figureFor<TinyConfig, Inputs>()({
    title: 'Learning',
    help: 'Bits per byte of the validation text, and what the model wrote at a step.',
    args: object({
      step: shown('Step: Whose samples are shown; the newest where it is 0.').integer(0, [0, 10_000_000]),
    }),
    draw: async (run, { step }) => learningScene(await looksOf(run), step),
  }),
};

/** Null before the first look. */
export function learningScene(looks: readonly Look[], step: number): Scene | null {
  const last = looks.at(-1);
  if (!last) return null;
  const look = looks.filter((one) => step === 0 || one.step <= step).at(-1) ?? looks[0]!;
  const { unigram, bigram, deflate } = last.references;
  return plot({
    title: 'Learning',
    x: { label: 'step', domain: [0, null] },
    y: { label: 'bits per byte', domain: [0, null] },
    marks: [
      { kind: 'rule', label: 'byte frequencies', y: unigram, color: 'ink-third', stroke: 'dotted' },
      { kind: 'rule', label: 'pairs of bytes', y: bigram, color: 'ink-third', stroke: 'dashed' },
      { kind: 'rule', label: 'deflate', y: deflate, color: 'ink-second', stroke: 'long' },
      {
        ...{ kind: 'line', label: 'bits per byte', dots: 2 },
        x: looks.map((one) => one.step),
        y: looks.map(({ bitsPerByte }) => bitsPerByte),
      },
      { kind: 'rule', label: 'samples shown', x: look.step, color: 'accent', stroke: 'dotted' },
    ],
    notes: [`step ${look.step}`, ...look.texts.flatMap((text) => wrapped(text, LINE)).slice(0, MOST_LINES)],
  });
}
