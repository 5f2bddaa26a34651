/** @file What a run that steers a flow says of itself: how it fits, its recipe, its judge, in numbers and in sentences. */
import type { SteeringRecipe, HookMap } from '../../../contract/steering';
import type { SteerSide } from '../../../contract/steer';
import { productVersion } from '../../../disk/paths';
import type { NetworkHook } from '../../../models/network-hooks';
import type { FittedMethod } from '../../../steering/fitters';
import { presets } from '../../../steering/presets';
import type { SteerConfig } from '../config';
import type { RunFacts } from '../facts';
import type { FitFacts } from '../fit/fit';
import { NO_HASH } from '../fit/written';
import { chanceWarning } from '../texts/texts';
import { steeredHook } from './hooks';
import type { FlowJudge } from './judge';
import { flowError, type OpenedFlow } from './opened';
import type { Parts } from './parts';
import type { FlowFacts } from './stored';

export interface FlowSubject {
  flow: OpenedFlow;
  parts: Parts;
  hooks: readonly (NetworkHook & { layer: number | null })[];
  settings: ReturnType<typeof flowFitSettings>;
}

/** Methods that fit unit by unit from many samples a side, and need no heads. */
const METHODS = [
  'linear-act',
  'mean-act',
  'gaussian',
  'caa',
  'aura',
  'east',
] as const satisfies FittedMethod[];

/** What the settings ask of the fit. @throws `steer-flow-method` */
export function flowFitSettings(config: Pick<SteerConfig, 'method' | 'support' | 'estimation' | 'targets'>) {
  const method = METHODS.find((one) => one === config.method);
  if (!method)
    throw flowError('steer-flow-method', 'this method is for language models', {
      ...{ key: 'method', got: config.method, expected: METHODS.join(', ') },
    });
  const preset = presets[method];
  const estimation = config.estimation === 'preset' ? preset.estimation : config.estimation;
  return {
    method,
    support: config.support === 'preset' ? preset.support : config.support,
    estimation: estimation === 'causal' ? ('causal' as const) : ('simultaneous' as const),
    targets: config.targets,
  };
}

export function flowRecipe(
  { flow, parts, settings }: FlowSubject,
  config: SteerConfig,
  { maps, fit, seed }: { maps: readonly HookMap[]; fit: FitFacts | null; seed: number },
): SteeringRecipe {
  const n = Math.min(parts.source.length, parts.target.length);
  const { sha256 } = flow.images;
  return {
    ...{ version: 1, program: `monge ${productVersion}`, ...settings },
    model: { name: flow.name, sha256: flow.sha256 || NO_HASH, level: 'fp32' },
    ...{ pooling: 'mean', supportFrom: 'pooled', first: true },
    estimation: fit?.estimation ?? settings.estimation,
    targets: fit?.targets ?? settings.targets,
    n: { source: n, target: n },
    dataSha256: { source: sha256 || NO_HASH, target: sha256 || NO_HASH },
    seed,
    lambda: config.mainLambda,
    hooks: maps.map(({ hook }) => hook),
  };
}

export function runFactsOf(
  { flow, parts, hooks, settings }: FlowSubject,
  { fit, recipe, lambdas, points }: Pick<RunFacts, 'fit' | 'recipe' | 'lambdas' | 'points'>,
): RunFacts {
  const side = (code: number, rows: Int32Array, given: number): SteerSide => {
    const warning = chanceWarning(rows.length, settings.method).replace('texts', 'images');
    return { name: flow.images.names[code]!, given, fitted: rows.length, held: given - rows.length, warning };
  };
  return {
    model: flow.name,
    source: side(parts.from, parts.source, parts.given.source),
    target: side(parts.to, parts.target, parts.given.target),
    ...{
      offensive: false,
      notes: fit?.notes ?? [],
      hooks: hooks.map(steeredHook),
      leftOut: [],
      imported: null,
    },
    ...{
      fit,
      recipe,
      lambdas,
      points,
      lexicon: [],
      judge: { says: '', auc: NaN },
      neutral: 'none',
      family: '',
    },
  };
}

/** All of the sweep but its points. */
export function factsOfFlow(
  { flow, parts }: Pick<FlowSubject, 'flow' | 'parts'>,
  judge: FlowJudge,
  { times, noises, evaluations }: Pick<SteerConfig, 'times' | 'noises' | 'evaluations'>,
  lambdas: readonly number[],
): FlowFacts {
  const { names, name } = flow.images;
  const [tested, trained] = [parts.test.length, parts.train.length];
  const percent = `${(100 * judge.accuracy).toFixed(1)} %`;
  const told =
    flow.told > 0
      ? `the flow is told the class ${names[parts.from]!}`
      : 'the flow is not told a class and makes all of them';
  return {
    image: flow.images.image,
    ...{ classes: names, from: parts.from, to: parts.to, told: flow.told > 0, lambdas: [...lambdas] },
    judge: {
      says: `Judge: a small network trained on ${trained} images of ${name}, right on ${percent} of ${tested} that it has not seen.`,
      ...{
        accuracy: judge.accuracy,
        tested,
        trained,
        confidence: judge.confidence,
        distance: judge.distance,
      },
    },
    frechetFloor: judge.frechetFloor,
    noising: `x_t = (1 − t)·x₀ + t·x₁ of ${parts.source.length} and ${parts.target.length} images at ${times} times each, one drawn evenly from each ${times === 1 ? 'whole' : `${times}th`} of (0, 1); a unit's value is the mean over positions and times.`,
    sampling: `${noises} noises, the same at every strength, ${evaluations} steps of Euler; ${told}.`,
  };
}
