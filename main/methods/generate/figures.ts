/** @file The figure of a run: how likely each token of a text was, and the text. */
import { plot } from '../../../figures/plot';
import type { Scene } from '../../../figures/scene';
import { wrapped } from '../../../figures/wrapped';
import { figureFor } from '../../contract/figure';
import { object, section } from '../../contract/schema';
import type { GenerateConfig, Inputs } from './config';
import { storedTexts, type StoredText } from './texts';

/** Characters of a line, and lines that are shown. */
const LINE = 72;
const MOST_LINES = 12;

const [shown] = section('Text');

export const figures = {
  texts: figureFor<GenerateConfig, Inputs>()({
    title: 'Texts',
    help: 'What was written, and how likely the model found each token.',
    args: object({
      text: shown('Text: Which one, in the order of the prompts.').integer(1, [1, 1_000_000]),
    }),
    draw: async (run, { text }) => {
      const texts = await storedTexts(run);
      return textScene(texts, Math.min(text, texts.length) - 1);
    },
  }),
};

/** Null before the first text is there. */
function textScene(texts: readonly StoredText[], at: number): Scene | null {
  const text = texts[at];
  if (!text) return null;
  const { prompt, text: written, logProbabilities } = text;
  const mean = logProbabilities.reduce((sum, value) => sum + value, 0) / Math.max(1, logProbabilities.length);
  return plot({
    title: `Text ${at + 1} of ${texts.length}`,
    x: { label: 'token', domain: [1, null] },
    y: { label: 'ln p', domain: [null, 0] },
    marks: [
      {
        ...{ kind: 'line', label: 'log-probability', dots: 2 },
        x: logProbabilities.map((_, token) => token + 1),
        y: [...logProbabilities],
      },
      { kind: 'rule', label: 'mean', y: mean, color: 'ink-third', stroke: 'dotted' },
    ],
    notes: [...wrapped(`${prompt} ▸ ${written}`, LINE).slice(0, MOST_LINES)],
  });
}
