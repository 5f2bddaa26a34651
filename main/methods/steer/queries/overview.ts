/** @file How a run stands: its sides, its hooks with what is known of each, and its sweep. */
import type { SteerHook, SteerOverview } from '../../../contract/steer';
import type { FittedHook } from '../../../contract/steering';
import type { RunFacts } from '../facts';
import { fitSettings } from '../fit/fit';
import type { SteeredHook } from '../stages';
import { factsOf, fittedOf, type SteerContext } from './stored';

export async function overviewOf(context: SteerContext): Promise<SteerOverview> {
  const { config, keptNames } = context;
  const facts = await factsOf(context);
  const fitted = await fittedOf(context);
  const byHook = new Map(fitted.map((one) => [one.fitted.map.hook, one.fitted]));
  const settings = fitSettings(config);
  const { temperature, topP, repetitionPenalty, maxTokens } = config;
  return {
    ...{ subject: config.subject, model: facts.model },
    method: facts.recipe?.method ?? config.method,
    estimation: facts.fit?.estimation ?? settings.estimation,
    targets: facts.fit?.targets ?? settings.targets,
    ...{ source: facts.source, target: facts.target, hooks: hooksOf(facts, byHook), fitted: fitted.length },
    ...(config.subject === 'flow'
      ? { prompts: [], copies: config.noises }
      : { prompts: config.prompt, copies: config.copies }),
    lambdas: facts.lambdas,
    mainLambda: config.mainLambda,
    swept: keptNames.filter((name) => /^(flow-)?point\./.test(name)).length,
    ...{ points: facts.points, imported: facts.imported, offensive: facts.offensive, notes: facts.notes },
    fitSeconds: facts.fit?.seconds ?? NaN,
    sampling: { temperature, topP, repetitionPenalty, maxTokens },
    stages: { strength: config.strengthPrompts > 0, detect: config.detect },
  };
}

function hooksOf({ hooks, leftOut }: RunFacts, fitted: ReadonlyMap<string, FittedHook>): SteerHook[] {
  const unknown = { before: NaN, after: NaN, transportedTokens: NaN, transportedPooled: NaN };
  const nothing = { ...unknown, units: 0, slope: NaN, shift: NaN };
  const shown = hooks.map((hook): SteerHook => {
    const { id, role, layer, width } = hook;
    const one = fitted.get(id);
    if (!one) return { id, role, layer, width, state: 'waiting', reason: '', ...nothing };
    return { id, role, layer, width, state: 'fitted', reason: '', ...figuresOf(hook, one) };
  });
  const out = leftOut.map((one): SteerHook => ({ ...one, state: 'left-out', width: 0, ...nothing }));
  return [...shown, ...out];
}

function figuresOf({ width }: SteeredHook, { map, fits, transported }: FittedHook) {
  const rootMean = (values: Float64Array) =>
    Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / width);
  const length = (of: (unit: number) => number) =>
    Math.sqrt(map.units.reduce((sum, on, unit) => sum + (on ? of(unit) ** 2 : 0), 0));
  return {
    before: rootMean(fits.before),
    after: rootMean(fits.after),
    transportedTokens: transported.tokens,
    transportedPooled: transported.pooled,
    units: map.units.reduce((sum, on) => sum + Number(on !== 0), 0),
    slope: length((unit) => map.w[unit]! - 1),
    shift: length((unit) => map.beta[unit]!),
  };
}
