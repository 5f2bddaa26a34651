/** @file A run from text to model: tokens, training with looks at the validation text, final numbers, the saved model. */
import { schedules, type Gpt } from '../../../native-models';
import type { CheckpointState, RunContext } from '../../contract/define';
import { trainLoop, type TrainSpec } from '../../training/loop';
import { checkpointFiles } from './checkpoint';
import type { Inputs, TinyConfig } from './config';
import { openEvaluator, type Evaluator } from './evaluate';
import { keptLook, type Look } from './looks';
import { fillBatch, tinyNetwork, tinyProgram } from './network';
import { byteReferences, type ByteReferences } from './references';
import { prepareText, promptIds, type PreparedText } from './text';

/** Stretches of the validation text per look, and at the end. */
const LOOK = 32;
const FINAL = 1024;
/** The learning rate ends at this share of its peak. */
const END = 0.1;

/** Trains, measures and saves. Resolves 'stopped' once a checkpoint is saved after a stop. @throws `too-few-tokens`, `heads-invalid`, `diverged` */
export async function runTiny(
  context: RunContext,
  inputs: Inputs,
  config: TinyConfig,
): Promise<'done' | 'stopped'> {
  context.progress({ stage: 'reading the text', step: 0, steps: 1, stepsPerSecond: null });
  // Sizes that do not fit are found before the text is read.
  tinyNetwork(config, 257);
  const text = await prepareText(inputs, config);
  const network = tinyNetwork(config, text.tokenizer.vocabulary.tokens.length);
  const parameters = Object.values(network.initialise(0)).reduce((sum, { length }) => sum + length, 0);
  const references = byteReferences(text.training.bytes, text.validation.bytes);
  context.final({
    parameters,
    'text.tokens': text.training.ids.length,
    'text.vocabulary': text.tokenizer.vocabulary.tokens.length,
    'text.bytesPerToken': text.training.bytes.length / text.training.ids.length,
    'reference.unigram': references.unigram,
    'reference.bigram': references.bigram,
    'reference.deflate': references.deflate,
  });
  const evaluator = await openEvaluator(context.compute, network, text);
  try {
    const looks = lookout(context, config, { text, references, evaluator });
    const trained = await train(context, config, network, text, looks);
    if (!trained) return 'stopped';
    const { loss, bitsPerByte } = await evaluator.predict(trained.parameters, FINAL);
    const vocabulary = text.tokenizer.vocabulary;
    const saved = { network, weights: trained.parameters, vocabulary };
    const files = checkpointFiles({ ...saved, ends: config.rows === 'texts', numbers: config.numbers });
    for (const [name, bytes] of Object.entries(files)) await context.artifact(name, bytes);
    await context.artifact('samples.txt', new TextEncoder().encode(sampleSheet(looks.samples())));
    const tokens = config.steps * config.batchSize * config.context;
    context.final({
      bitsPerByte,
      'validation.loss': loss,
      loss: trained.loss,
      trainSeconds: trained.seconds,
      tokensPerSecond: trained.seconds > 0 ? tokens / trained.seconds : 0,
    });
    return 'done';
  } finally {
    await evaluator.close();
  }
}

function train(
  context: RunContext,
  config: TinyConfig,
  network: Gpt,
  text: PreparedText,
  looks: ReturnType<typeof lookout>,
) {
  const { seed } = context;
  const { steps, batchSize, learningRate, weightDecay, clipNorm, warmup } = config;
  const schedule = schedules.cosine(steps, {
    warmup: Math.min(steps - 1, Math.round(warmup * steps)),
    end: END,
  });
  return trainLoop(context, {
    label: 'tiny language model',
    ...{ device: config.device, steps, snapshots: true },
    program: tinyProgram(network, batchSize),
    start: () => network.initialise(seed),
    fill: (step, { ids, targets }) =>
      fillBatch(
        text.training.ids,
        config.context,
        { seed, step },
        { ids: ids as Int32Array, targets: targets as Int32Array },
      ),
    learningRate: (step) => learningRate * schedule.at(step),
    // In the order of the program's groups: matrices, then gains of norms.
    hyper: () => ({ learningRates: 1, weightDecay: [weightDecay, 0], beta2: 0.99, clipNorm }),
    ...looks.spec,
  });
}

/** What happens between the steps: the validation text is measured and samples are written, `looks` times in all. */
function lookout(
  context: RunContext,
  config: TinyConfig,
  { text, references, evaluator }: { text: PreparedText; references: ByteReferences; evaluator: Evaluator },
) {
  const { steps, samples: count, sampleLength: length, temperature } = config;
  const every = Math.max(1, Math.ceil(steps / config.looks));
  const prompt = promptIds(text, config.prompt, config.rows === 'texts');
  let { looked, samples } = storedLooks(context.resume);
  const spec: Pick<TrainSpec, 'events' | 'before' | 'stored'> = {
    events: Array.from({ length: Math.floor(steps / every) }, (_, k) => (k + 1) * every),

    async before(loop) {
      const { step } = loop;
      if (step <= looked || (step % every !== 0 && step !== steps)) return 'go on';
      loop.show('looking at the validation text');
      const weights = await loop.parameters();
      const { loss, bitsPerByte } = await evaluator.predict(weights, LOOK);
      context.metric('validation.loss', step, loss);
      context.metric('bitsPerByte', step, bitsPerByte);
      const texts = await evaluator.write(weights, {
        ...{ prompt, count, length, temperature, step },
        seed: context.seed,
      });
      looked = step;
      samples = [...samples, { step, texts }];
      await context.keep(...keptLook({ step, bitsPerByte, references, texts }));
      return 'go on';
    },

    stored: () => ({
      json: { looked, samples: samples.map((one) => ({ ...one })) },
      arrays: {},
    }),
  };
  return { spec, samples: () => samples };
}

/** Texts that were written at a step. */
type SampleTexts = Pick<Look, 'step' | 'texts'>;

function storedLooks(resume: CheckpointState | null): { looked: number; samples: SampleTexts[] } {
  if (!resume) return { looked: 0, samples: [] };
  const { looked, samples } = resume.json as unknown as { looked: number; samples: SampleTexts[] };
  return { looked, samples: [...samples] };
}

/** All samples with their steps, as a text file. */
function sampleSheet(samples: readonly SampleTexts[]): string {
  const parts = samples.flatMap(({ step, texts }) => texts.map((one) => `--- step ${step}\n${one}\n`));
  return parts.join('\n');
}
