/** @file From side effects on calibration prompts to the safe strength, with what was measured on the way. */
import { offTargetTraits, type OffTargetTrait } from '../../../contract/steering-effects';
import type { TextEffects } from '../../../contract/language';
import type { SideEffect, SteerStrength } from '../../../contract/steer';
import { fewest, riskBound, safeStrength, violatedShare } from '../../../steering/strength/conformal';
import { largestWithin } from '../../../steering/strength/crossing';
import {
  divergencePerToken,
  meanOver,
  perplexityRatio,
  quantileOver,
  traitChange,
} from '../../../steering/strength/side-effects';
import type { SteerConfig } from '../config';

export type Limits = Pick<SteerConfig, 'limitDivergence' | 'limitPerplexity' | 'limitTraits'>;

interface Effect extends Pick<SideEffect, 'id' | 'title' | 'unit' | 'limit'> {
  /** At strength 0. */
  none: number;
  of: (effects: TextEffects) => Float64Array;
}

const traitTitles: Record<OffTargetTrait, string> = {
  digits: 'Digits',
  capitals: 'Capital letters',
  negations: 'Negations',
  'sentence-ends': 'Ends of sentences',
};

/** The side effects that are looked at, each with its limit. */
function effectsWith({ limitDivergence, limitPerplexity, limitTraits }: Limits): Effect[] {
  return [
    {
      ...{ id: 'divergence', title: 'KL to the unsteered model', unit: 'nats a token' },
      ...{ limit: limitDivergence, none: 0, of: divergencePerToken },
    },
    {
      ...{ id: 'perplexity', title: 'Perplexity, ÷ unsteered', unit: '×' },
      ...{ limit: limitPerplexity, none: 1, of: perplexityRatio },
    },
    ...offTargetTraits.map((trait) => ({
      ...{ id: trait, title: `${traitTitles[trait]}, change of their share`, unit: '÷ unsteered share' },
      ...{ limit: limitTraits, none: 0, of: (effects: TextEffects) => traitChange(effects, trait) },
    })),
  ];
}

/** Largest strength that each prompt allows, [prompts]; `lambdas` ascend from above 0, as the effects have them. */
export function allowedBy(
  effects: readonly TextEffects[],
  lambdas: readonly number[],
  limits: Limits,
): Float64Array {
  const kinds = effectsWith(limits);
  return Float64Array.from(effects, (one) =>
    largestWithin(
      [0, ...lambdas],
      kinds.map(({ of, none, limit }) => ({ values: [none, ...of(one)], limit })),
    ),
  );
}

export function strengthOf(
  effects: readonly TextEffects[],
  lambdas: readonly number[],
  { level, ...limits }: Limits & { level: number },
): SteerStrength {
  const grid = [0, ...lambdas];
  const alpha = 1 - level;
  const allowed = allowedBy(effects, lambdas, limits);
  const { strength, enough } = safeStrength(allowed, alpha);
  return {
    ...{ level, prompts: effects.length, safe: strength, lambdas: Float64Array.from(grid) },
    effects: effectsWith(limits).map(({ of, none, id, title, unit, limit }) => {
      const values = effects.map((one) => [none, ...of(one)]);
      return {
        ...{ id, title, unit, limit },
        quantile: quantileOver(values, grid.length, level),
        mean: meanOver(values, grid.length),
      };
    }),
    violated: violatedShare(allowed, grid),
    bound: riskBound(allowed, grid),
    says: inWords({ strength, enough, level, prompts: effects.length, largest: grid.at(-1)! }),
  };
}

interface Told {
  strength: number;
  enough: boolean;
  level: number;
  prompts: number;
  largest: number;
}

/** What holds, and for whom. */
function inWords({ strength, enough, level, prompts, largest }: Told): string {
  const percent = `${Number((100 * level).toPrecision(3))} %`;
  if (!enough)
    return `${prompts} prompts are too few for a level of ${percent}, which needs at least ${fewest(1 - level)}: no strength is called safe.`;
  if (strength <= 0)
    return `No strength is safe at ${percent}: a limit is passed at once on too many of ${prompts} prompts.`;
  const reach = strength >= largest ? 'the largest strength that was tried, ' : '';
  return `On a further prompt like these ${prompts} all side effects stay within their limits up to ${reach}λ = ${roundedDown(strength)}, with a chance of at least ${percent}.`;
}

/** Three decimals: rounded up it would claim what does not hold. */
function roundedDown(strength: number): string {
  return (Math.floor(1000 * strength + 1e-9) / 1000).toFixed(3);
}
