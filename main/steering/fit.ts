/** @file One hook fitted from its samples: checked, balanced, fitted, bounded by a support, described; and the best units of all hooks. */
import { MongeError } from '../../native-models/error';
import type { FittedHook, SupportName } from '../contract/steering';
import type { RowMatrix } from '../contract/projection';
import { fitters, type FittedMethod } from './fitters';
import { makeMap } from './map';
import { presets, type UnitChoice } from './presets';
import { unitFits } from './ranking';
import { balanced, checkSides, FEW_TEXTS, fitNoise, type Sides } from './samples';
import { supportOf, transportedShare } from './support';

export interface FitSettings {
  method: FittedMethod;
  /** Left out: the preset's. */
  support?: SupportName;
  seed: number;
  /** Width of an attention head at this hook; null or left out where units stand alone. */
  groupWidth?: number | null;
  /** The source's single tokens [tokens, units]: their share is told. */
  tokens?: RowMatrix;
  /** Measures the support on the tokens instead of the pooled values. */
  supportFrom?: 'pooled' | 'tokens';
}

/** A fitted hook with what is needed to choose among all of them. */
export interface HookFit extends FittedHook {
  /** [units], higher is better; null where the method takes every unit. */
  merit: Float64Array | null;
  /** Rows of each side that were fitted on. */
  n: number;
}

/**
 * @throws `steering-samples` as `checkSides`, `steering-pair` where a method wants one text a side, `steering-tokens` where the
 *   support should come from tokens and there are none
 */
export function fitHook(hook: string, sides: Sides, settings: FitSettings): HookFit {
  checkSides(sides);
  const { method, seed, groupWidth = null, tokens, supportFrom = 'pooled' } = settings;
  if (tokens) checkSides({ source: tokens, target: sides.target });
  const preset = presets[method];
  const kept = balanced(sides, seed);
  const unitFit = fitters[method](kept, { seed, groupWidth });
  if (supportFrom === 'tokens' && !tokens)
    throw new MongeError({
      code: 'steering-tokens',
      what: 'the support should be measured on tokens, and only pooled values are there',
      where: { key: hook },
      help: 'capture without pooling, or measure the support on pooled values',
    });
  const support = supportOf(
    supportFrom === 'tokens' ? tokens! : kept.source,
    settings.support ?? preset.support,
  );
  const map = makeMap({ hook, ...unitFit, ...support, form: preset.form });
  const warnings = [
    ...fewTexts(kept.source.rows, preset.texts),
    ...droppedRows(kept.dropped),
    ...(unitFit.flat > 0
      ? [`${unitFit.flat} of ${map.w.length} units have no spread in the source and are shifted only`]
      : []),
    ...support.warnings,
  ];
  return {
    map,
    fits: unitFits(map, kept),
    transported: {
      pooled: transportedShare(map, kept.source),
      tokens: tokens ? transportedShare(map, tokens) : NaN,
    },
    warnings,
    merit: unitFit.merit ?? null,
    n: kept.source.rows,
  };
}

/**
 * The same hooks with only the best units steered: of all hooks together those with the highest merit above chance, equal ones
 * in the order of the model. A head counts by its first unit; `groupWidths` are by hook.
 */
export function keepBest(
  fits: readonly HookFit[],
  { of, count, above }: UnitChoice,
  groupWidths: readonly (number | null)[] = [],
): HookFit[] {
  const widths = fits.map(({ map }, at) => (of === 'heads' ? (groupWidths[at] ?? map.w.length) : 1));
  const groups = fits.flatMap(({ merit, map }, at) =>
    Array.from({ length: Math.ceil(map.w.length / widths[at]!) }, (_, group) => {
      const first = group * widths[at]!;
      return { at, first, merit: merit ? merit[first]! : Infinity };
    }),
  );
  const best = groups
    .filter(({ merit }) => merit > above)
    .sort((left, right) => right.merit - left.merit)
    .slice(0, count);
  return fits.map((fit, at) => {
    const units = new Uint8Array(fit.map.w.length);
    for (const group of best)
      if (group.at === at)
        for (let unit = group.first; unit < Math.min(units.length, group.first + widths[at]!); unit++)
          units[unit] = fit.map.units[unit]!;
    return { ...fit, map: makeMap({ ...fit.map, units }) };
  });
}

function fewTexts(count: number, wanted: 'one' | 'many'): string[] {
  if (wanted === 'one' || count >= FEW_TEXTS) return [];
  return [`${count} texts a side: w ± ${fitNoise(count).w.toFixed(2)} by chance`];
}

function droppedRows({ source, target }: { source: number; target: number }): string[] {
  const [side, count] = source > 0 ? ['source', source] : ['target', target];
  return count > 0 ? [`${count} texts of the ${side} were left out, so that both sides have as many`] : [];
}
