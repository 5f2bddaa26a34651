/** @file What must hold of every training here: the model learns more than frequencies. */
import { compare, fiveOfFive, signOrMargin } from '../../experiments/compare';
import { experiment, type Arm } from '../../experiments/experiment';
import { shortNumber } from '../../experiments/words';

const SENTENCES = 'Sentences';
const NETWORK = { layers: 2, width: 64, heads: 4, kvHeads: 2, hidden: 176, context: 64 };
const TRAINING = { rows: 'texts', batchSize: 16, samples: 0, looks: 1 };

const arm = (label: string, config: Arm['config']): Arm => ({
  recipe: SENTENCES,
  label,
  config: { ...NETWORK, ...TRAINING, ...config },
  data: { text: { sample: 'sentences' } },
});

const learnsMoreThanFrequencies = experiment({
  id: 'T1',
  statement:
    'A small decoder predicts held-out sentences in fewer bits per byte than frequencies of bytes and of pairs of bytes, from bytes and from merged pieces',
  source: 'Shannon 1951; the text and the sizes are ours',
  metrics: ['bitsPerByte', 'reference.unigram', 'reference.bigram', 'reference.deflate'],
  arms: (quick) => [
    arm('pieces', { tokenizer: 'bpe', vocabulary: 384, steps: quick ? 300 : 1000 }),
    arm('bytes', { tokenizer: 'bytes', steps: quick ? 300 : 1000 }),
  ],
  judge: (results, { quick }) =>
    ['pieces', 'bytes'].flatMap((label) =>
      (
        [
          ['reference.unigram', true],
          ['reference.bigram', true],
          ['reference.deflate', false],
        ] as const
      ).map(([reference, decides]) =>
        compare(
          `bits per byte: ${reference.slice('reference.'.length)} > ${label}`,
          results.values(SENTENCES, label, reference),
          results.values(SENTENCES, label, 'bitsPerByte'),
          quick ? signOrMargin : fiveOfFive,
          decides,
        ),
      ),
    ),
  sentence(results) {
    const of = (label: string, metric: string) => shortNumber(results.mean(SENTENCES, label, metric));
    return `Bits per byte are ${of('pieces', 'bitsPerByte')} with pieces and ${of('bytes', 'bitsPerByte')} with bytes, ${of('bytes', 'reference.unigram')} by frequencies of bytes, ${of('bytes', 'reference.bigram')} of pairs, ${of('bytes', 'reference.deflate')} by deflate.`;
  },
});

export const claims = [learnsMoreThanFrequencies];
