/** @file Maps fitted inside the model: hook by hook they are kept as they come, so that a stop leaves what can be used. */
import type { RunContext } from '../../../contract/define';
import type { LanguageSession } from '../../../contract/opened';
import type { FittedHook, SteeringEstimation, SteeringTargets } from '../../../contract/steering';
import type { FitSteeringNews, FitSteeringRequest } from '../../../contract/steering-fit';
import { abortable } from '../../../inference/for-methods/abortable';
import { presets } from '../../../steering/presets';
import type { SteerConfig } from '../config';
import { names, type RunTexts, type SteeredHook } from '../stages';
import { keptHook, keptSides } from './stored';

/** How the maps came about, as it was decided. */
export interface FitFacts {
  estimation: SteeringEstimation;
  targets: SteeringTargets;
  notes: string[];
  seconds: number;
  /** Share of the source's tokens inside the supports, mean over the hooks that tell it; NaN where none does. */
  transported: number;
}

/** What the settings ask of the fit, the method's own where they say nothing. */
export function fitSettings(config: SteerConfig) {
  const preset = presets[config.method];
  return {
    method: config.method,
    pooling: config.pooling === 'preset' ? preset.pooling : config.pooling,
    support: config.support === 'preset' ? preset.support : config.support,
    supportFrom: config.supportFrom,
    // What is learned through the whole model is learned at once.
    estimation:
      config.estimation === 'preset' || preset.estimation === 'end-to-end'
        ? preset.estimation
        : config.estimation,
    targets: config.targets,
    first: config.first,
  };
}

/**
 * Fits all hooks and keeps each under `names.hook`. Where a stop was asked for, `whole` is false and `hooks` are those that
 * were fitted. @throws the codes of the fit
 */
export async function fitMaps(
  context: Pick<RunContext, 'seed' | 'stopRequested' | 'progress' | 'keep' | 'metric'>,
  session: LanguageSession,
  { config, hooks, texts }: { config: SteerConfig; hooks: readonly SteeredHook[]; texts: RunTexts },
): Promise<{ hooks: FittedHook[]; facts: FitFacts | null }> {
  const { steps, rate, optimiser, lineasBatch, initial, lassoUnits, lassoHooks } = config;
  const request: FitSteeringRequest & { kind: 'fit-steering' } = {
    kind: 'fit-steering',
    ...{ source: texts.source.fit, target: texts.target.fit, hooks: hooks.map(({ id }) => id) },
    ...fitSettings(config),
    ...{ seed: context.seed, level: config.level, batch: config.batch, maxTokens: config.fitTokens },
    ...(config.method === 'lineas' && {
      lineas: { steps, rate, optimiser, batch: lineasBatch, initial, lassoUnits, lassoHooks },
    }),
  };
  const fitted = new Map<string, FittedHook>();
  const keep = (name: string, arrays: ReturnType<typeof keptHook>) => context.keep(name, arrays);
  let written = Promise.resolve();
  const take = (news: FitSteeringNews) => {
    if (news.kind === 'step') {
      context.metric('loss', news.step, news.loss);
      context.progress({ stage: 'learning the maps', step: news.step, steps: news.of });
      return;
    }
    const { fitted: one, sides, done, of } = news;
    fitted.set(one.map.hook, one);
    context.progress({ stage: `fitted ${one.map.hook}`, step: done, steps: of });
    const at = hooks.findIndex(({ id }) => id === one.map.hook);
    written = written.then(async () => {
      await keep(names.sides(at), keptSides(sides));
      await keep(names.hook(at), keptHook(one));
    });
    // Told when all are awaited: nobody could catch it here.
    written.catch(() => undefined);
  };
  context.progress({ stage: 'fitting', step: 0, steps: hooks.length });
  const result = await abortable(context, (heard, signal) =>
    session.work(request, (news) => heard(() => take(news)), signal),
  );
  await written;
  const inOrder = hooks.flatMap(({ id }) => fitted.get(id) ?? []);
  if (!result?.whole) return { hooks: inOrder, facts: null };
  // A method that chooses among the units of all hooks does so at the end.
  for (const one of result.hooks)
    await keep(names.hook(hooks.findIndex(({ id }) => id === one.map.hook)), keptHook(one));
  const shares = result.hooks.map(({ transported }) => transported.tokens).filter(Number.isFinite);
  const { estimation, targets, seconds, cut } = result;
  const notes = [...result.notes.map(sentence), ...cutNotes(cut, config.fitTokens)];
  const transported = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return { hooks: result.hooks, facts: { estimation, targets, notes, seconds, transported } };
}

function cutNotes({ source, target }: { source: number; target: number }, tokens: number): string[] {
  if (source + target === 0) return [];
  return [
    `${source} texts of the source and ${target} of the target were cut at ${tokens || 'the model’s'} tokens.`,
  ];
}

function sentence(note: string): string {
  return `${note.charAt(0).toUpperCase()}${note.slice(1).replace(/\.$/, '')}.`;
}
