/** @file One training under a parameterisation: from the text to the loss on what was put aside. */
import type { RunContext } from '../../contract/define';
import { diverged } from '../../training/divergence';
import { trainLoop, type TrainSpec } from '../../training/loop';
import type { Inputs, TransferConfig } from './config';
import { runCheck } from './diagnostics/check';
import { openEvaluator, type Evaluator } from './evaluate';
import { keptTable } from './table';
import { networkOf, shapeOf, type Shape } from './network';
import { parameterCount, resolvedOf } from './scaling';
import { readText } from './text';
import { trainingSpec } from './training';

/** Stretches of the validation text per look, and at the end. */
const LOOK = 64;
const FINAL = 512;
/** Nats above the first loss beyond which a run counts as diverged: no run that learns is ever there after its warm-up. */
const WORSE = 0.5;

/** Trains and measures. @throws `diverged`, `width-invalid`, `batch-invalid`, `too-few-tokens`, and as `resolve` */
export async function runTransfer(
  context: RunContext,
  inputs: Inputs,
  config: TransferConfig,
): Promise<'done' | 'stopped'> {
  if (config.task !== 'train') return runCheck(context, inputs, config);
  context.progress({ stage: 'reading the text', step: 0, steps: 1, stepsPerSecond: null });
  const text = await readText(inputs, config);
  const shape = shapeOf(config, text.vocabulary);
  const network = networkOf(shape);
  const resolved = resolvedOf(config, shape, network);
  for (const { text: warning } of resolved.warnings) context.notice(warning);
  await context.keep(...keptTable(resolved));
  const parameters = parameterCount(network);
  const tokens = resolved.steps * config.batch;
  context.final({
    parameters,
    tokens,
    steps: resolved.steps,
    tokensPerParameter: tokens / parameters,
    flops: flopsOf(shape, parameters, tokens),
  });
  const evaluator = await openEvaluator(context.compute, network, text.validation, resolved);
  try {
    const spec = trainingSpec({ config, shape, network, resolved, text, seed: context.seed });
    const trained = await trainLoop(context, {
      ...spec,
      ...looks(context, config, resolved.steps, evaluator),
    });
    if (!trained) return 'stopped';
    const loss = await evaluator.loss(trained.parameters, FINAL);
    requireLearning(loss, text.vocabulary, resolved.steps);
    context.final({ 'validation.loss': loss, loss: trained.loss, trainSeconds: trained.seconds });
    return 'done';
  } finally {
    await evaluator.close();
  }
}

/** The validation text is measured `looks` times on the way. */
function looks(
  context: RunContext,
  config: TransferConfig,
  steps: number,
  evaluator: Evaluator,
): Pick<TrainSpec, 'events' | 'before' | 'stored' | 'snapshots'> {
  const every = Math.max(1, Math.ceil(steps / config.looks));
  let looked = Number(context.resume?.json.looked ?? 0);
  return {
    snapshots: true,
    events: Array.from({ length: Math.floor(steps / every) }, (_, k) => (k + 1) * every),
    async before(loop) {
      const { step } = loop;
      if (step <= looked || (step % every !== 0 && step !== steps)) return 'go on';
      context.metric('validation.loss', step, await evaluator.loss(await loop.parameters(), LOOK));
      looked = step;
      return 'go on';
    },
    stored: () => ({ json: { looked }, arrays: {} }),
  };
}

/** Multiplications and additions of the training: 6 for each parameter and token, and 12·L·N·T for attention. */
function flopsOf({ width, depth, context }: Shape, parameters: number, tokens: number): number {
  return tokens * (6 * parameters + 12 * depth * width * context);
}

/** Who ends worse than by chance has not trained: by size as well as by what is no number. */
function requireLearning(loss: number, vocabulary: number, steps: number): void {
  const chance = Math.log(vocabulary);
  if (loss <= chance + WORSE) return;
  throw diverged({
    what: 'the network ended worse than by chance',
    where: { op: 'transfer', key: `step ${steps}` },
    got: `${loss.toPrecision(4)} nats`,
    expected: `at most ${(chance + WORSE).toPrecision(4)}, chance and ${WORSE}`,
    help: 'lower learningRate',
  });
}
