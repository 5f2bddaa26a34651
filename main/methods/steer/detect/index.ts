/** @file The stage of detection against control: every block is read by a probe, then steered alone. */
import type { SteerDetect } from '../../../contract/steer';
import { packed } from '../../../disk/packed-json';
import { passingHooks } from '../../../inference/for-methods/passing-hooks';
import { steered as asSteered } from '../fit/hooks';
import { names, type Stage, type StageContext, type SteeredHook } from '../stages';
import { promptsOf } from '../sweep/continuations';
import { enoughHeldOut, readBlocks, type ReadBlock } from './read';
import { detectOf } from './summary';
import { writtenAlone, type Told } from './write';

/** What is written already, by hook; '' without steering. */
type Memory = Record<string, Told>;

/**
 * The role of the setting is read and steered in every block, with maps of its own: each is fitted on the unsteered model, because
 * each is steered alone. What was written is not written again when the run goes on; reading is done again, and gives the same.
 */
export const detect: Stage = async (at) => {
  const { context, config, texts, session } = at;
  if (!config.detect) return true;
  if (!texts || !enoughHeldOut([texts.source, texts.target])) {
    context.notice('Blocks were not compared: too few texts are held out to train and test probes on.');
    return true;
  }
  const { hooks: all } = await session.ask({ kind: 'facts' });
  const asked = all.filter(({ role, layer }) => role === config.detectRole && layer !== null).map(asSteered);
  if (asked.length === 0) {
    context.notice(`Blocks were not compared: this model has no place ${config.detectRole} in its blocks.`);
    return true;
  }
  const { level } = config;
  const passing = config.certify
    ? await passingHooks(context, session, asked, { level, done: 'compared' })
    : asked;
  if (!passing) return false;
  const read = await readBlocks(context, {
    ...{ session, texts, hooks: passing, seed: context.seed },
    config: { ...config, first: config.detectFirst },
  });
  return read !== null && written(at, passing, read);
};

/** Blocks one after the other, each kept before the next. */
async function written(
  at: StageContext,
  hooks: readonly SteeredHook[],
  read: readonly ReadBlock[],
): Promise<boolean> {
  const { context, config, memory } = at;
  const done = (memory.detect ??= {}) as Memory;
  const prompts = promptsOf({ prompt: config.prompt, copies: config.detectCopies }, context.seed);
  const asked = {
    ...{ session: at.session, judges: at.judges, prompts, maps: read.map(({ map }) => map) },
    config: { ...config, maxTokens: config.detectTokens, first: config.detectFirst },
  };
  const blocks: (number | null)[] = [null, ...hooks.keys()];
  for (const [step, block] of blocks.entries()) {
    const name = block === null ? '' : hooks[block]!.id;
    if (!done[name]) {
      context.progress({ stage: 'steering one block at a time', step, steps: blocks.length });
      const told = await writtenAlone(context, asked, block, config.mainLambda);
      if (!told) return false;
      done[name] = told;
      await at.checkpoint();
    }
    if (block !== null) await context.keep(names.detect, packed(detected(at, hooks, read, done)));
  }
  const { correlation, readBest, steeredBest } = detected(at, hooks, read, done);
  const found = { correlation, readBest, steeredBest };
  context.final(
    Object.fromEntries(
      Object.entries(found)
        .filter(([, value]) => Number.isFinite(value))
        .map(([key, value]) => [`detect.${key}`, value]),
    ),
  );
  return true;
}

function detected(
  { config, context }: StageContext,
  hooks: readonly SteeredHook[],
  read: readonly ReadBlock[],
  done: Memory,
): SteerDetect {
  return detectOf({
    ...{ hooks, read, without: done['']!, steered: hooks.map(({ id }) => done[id] ?? null) },
    ...{ lambda: config.mainLambda, seed: context.seed },
  });
}
