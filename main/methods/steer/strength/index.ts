/** @file The stage of the safe strength: side effects on calibration prompts, batch after batch, then the largest strength that they allow. */
import type { TextEffects } from '../../../contract/language';
import { packed } from '../../../disk/packed-json';
import { stream } from '../../../../native-models';
import { names, type Stage, type StageContext } from '../stages';
import { beginnings, effectsOn } from './effects';
import { strengthOf } from './summary';

/** Prompts between two checkpoints. */
const TOGETHER = 16;
/** Strengths at which side effects are measured, evenly up to the largest of the sweep. */
const STEPS = 10;

/** Prompts are beginnings of the neutral texts of the run and of texts of the source that nothing has seen, in a seeded order. */
export const strength: Stage = async (at) => {
  const { context, config, memory } = at;
  const largest = Math.max(...at.lambdas);
  if (config.strengthPrompts === 0) return true;
  const prompts = promptsFor(at);
  if (prompts.length === 0 || !(largest > 0)) {
    context.notice(
      largest > 0
        ? 'No strength is called safe: there are no held-out texts to measure side effects on.'
        : 'No strength is called safe: no strength above 0 is swept.',
    );
    return true;
  }
  const lambdas = Array.from({ length: STEPS }, (_, k) => (largest * (k + 1)) / STEPS);
  const asked = {
    ...{ session: at.session, config, maps: at.maps, seed: context.seed },
    ...{ lambdas: lambdas.map((lambda) => at.steering(lambda).lambda), none: at.steering(0) },
  };
  const found = (memory.strength ??= []) as TextEffects[];
  while (found.length < prompts.length) {
    context.progress({ stage: 'side effects', step: found.length, steps: prompts.length });
    const part = prompts.slice(found.length, found.length + TOGETHER);
    const effects = await effectsOn(context, asked, part, found.length);
    if (!effects) return false;
    found.push(...effects);
    await at.checkpoint();
  }
  const { strengthLevel: level, limitDivergence, limitPerplexity, limitTraits } = config;
  const told = strengthOf(found, lambdas, { level, limitDivergence, limitPerplexity, limitTraits });
  await context.keep(names.strength, packed(told));
  context.notice(told.says, 'news');
  context.final({ safeLambda: told.safe });
  memory.strength = [];
  return true;
};

function promptsFor({ neutral, texts, config, context }: StageContext): string[] {
  const given = beginnings([...neutral, ...(texts?.source.calibration ?? [])], config.strengthWords);
  const order = stream(context.seed, 'steer strength').permutation(given.length);
  return Array.from(order.subarray(0, config.strengthPrompts), (at) => given[at]!);
}
