/** @file What a person should know of a configuration before it is trusted: rules stretched too far, runs too short to transfer. */
import type { ResolvedGroup } from './resolve';
import type { Parameterisation, ScaleConfiguration } from './types';

export interface ScalingWarning {
  code: 'beta-stretched' | 'beta-memory' | 'short-decay' | 'under-trained';
  /** One sentence with its numbers. */
  text: string;
}

/** What is known of the training besides; what is absent is not judged. */
export interface TrainingFacts {
  /** Parameters of the base network. */
  baseParameters?: number;
  /** Share of the steps over which the learning rate falls at the end; 1 for a cosine. */
  decayShare?: number;
}

/** The rule for β is the first order of β^κ; beyond this it is another rule. */
const STRETCHED = 0.4;
const FEWEST_DECAY_STEPS = 100;
/** Tokens per parameter below which a base is far from noise, where the rule for batch and duration does not hold. */
const FEWEST_TOKENS = 5;

/** The warnings of a resolved configuration, each at most once. */
export function warningsOf({
  parameterisation,
  configuration,
  groups,
  steps,
  facts,
}: {
  parameterisation: Parameterisation;
  configuration: ScaleConfiguration;
  groups: readonly ResolvedGroup[];
  steps: number;
  facts: TrainingFacts;
}): ScalingWarning[] {
  const warnings: ScalingWarning[] = [];
  const say = (code: ScalingWarning['code'], text: string) => warnings.push({ code, text });
  const most = (key: 'restOfBeta1' | 'restOfBeta2') => Math.max(...groups.map(({ hyper }) => hyper[key]));
  const scaled = configuration.batch / configuration.duration !== ratioOf(parameterisation.base);
  if (scaled && most('restOfBeta1') > STRETCHED)
    say(
      'beta-stretched',
      `1 − β₁ is ${most('restOfBeta1').toPrecision(2)} at this batch and duration; above ${STRETCHED} the rule is stretched too far.`,
    );
  const memory = Math.max(...groups.map(({ hyper }) => 1 / hyper.restOfBeta2));
  if (memory > steps)
    say(
      'beta-memory',
      `β₂ remembers ${Math.round(memory).toLocaleString('en')} steps and the training has ${steps.toLocaleString('en')}.`,
    );
  const { decayShare, baseParameters } = facts;
  if (decayShare !== undefined && decayShare * steps < FEWEST_DECAY_STEPS)
    say(
      'short-decay',
      `The learning rate falls over ${Math.round(decayShare * steps)} steps; below ${FEWEST_DECAY_STEPS} a run is too short to settle.`,
    );
  if (baseParameters !== undefined && baseParameters > 0) {
    const perParameter = parameterisation.base.duration / baseParameters;
    if (perParameter < FEWEST_TOKENS)
      say(
        'under-trained',
        `The base sees ${perParameter.toPrecision(2)} tokens per parameter; below ${FEWEST_TOKENS} the rule for batch and duration is not to be trusted.`,
      );
  }
  return warnings;
}

const ratioOf = ({ batch, duration }: ScaleConfiguration) => batch / duration;
