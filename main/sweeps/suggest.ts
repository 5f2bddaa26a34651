/** @file What “Sweep this” begins with: the settings of a method that are worth varying, about their present values. */
import type { FieldDescription, Json } from '../contract/schema';
import type { Dimension, Space } from '../contract/study';

/** Factor to either side of a number on a logarithmic scale. */
const SPREAD = 10;
const MOST_AXES = 5;
const FEWEST = 2;
/** What decides how long a run takes is not varied unasked: better with more is no finding. */
const costs = /^(steps|duration|epochs|device|seed|looks|samples)/i;

/**
 * Numbers on logarithmic scales, which are what is most often tuned, about their values; where there are fewer than two, also
 * other numbers and choices. A choice may need other data or other settings, so that it is not varied unasked.
 */
export function suggestSpace(
  fields: readonly FieldDescription[],
  config: Readonly<Record<string, Json>>,
): Space {
  const shown = fields.filter((field) => !costs.test(field.key) && holdsFor(field, config));
  const inOrder = [...shown.filter(({ advanced }) => !advanced), ...shown.filter(({ advanced }) => advanced)];
  const found = inOrder.flatMap((field): [string, Dimension][] => {
    const dimension = dimensionOf(field, config[field.key] ?? field.default);
    return dimension ? [[field.key, dimension]] : [];
  });
  const isTuned = ([, dimension]: [string, Dimension]) => 'scale' in dimension && dimension.scale === 'log';
  const tuned = found.filter(isTuned);
  const rest = tuned.length < FEWEST ? found.filter((one) => !isTuned(one)) : [];
  return Object.fromEntries([...tuned, ...rest].slice(0, MOST_AXES));
}

function dimensionOf(field: FieldDescription, value: Json): Dimension | null {
  const { kind, minimum = -Infinity, maximum = Infinity, scale, choices } = field;
  if (kind === 'choice' && choices && choices.length > 1)
    return { type: 'categorical', choices: choices.map((choice) => choice.value) };
  if (kind === 'boolean') return { type: 'categorical', choices: [false, true] };
  if ((kind !== 'real' && kind !== 'integer') || typeof value !== 'number') return null;
  const type = kind === 'integer' ? 'int' : 'float';
  if (scale === 'log' && value > 0) {
    const [low, high] = [Math.max(minimum, value / SPREAD), Math.min(maximum, value * SPREAD)];
    const ends = kind === 'integer' ? [Math.max(1, Math.ceil(low)), Math.floor(high)] : [low, high];
    return ends[0]! < ends[1]! ? { type, low: ends[0]!, high: ends[1]!, scale: 'log' } : null;
  }
  if (!Number.isFinite(minimum) || !Number.isFinite(maximum) || minimum >= maximum) return null;
  return { type, low: minimum, high: maximum, scale: 'linear' };
}

function holdsFor({ onlyWhen }: FieldDescription, config: Readonly<Record<string, Json>>): boolean {
  if (!onlyWhen) return true;
  const conditions = Array.isArray(onlyWhen) ? onlyWhen : [onlyWhen];
  return conditions.every(({ key, values }) => values.some((value) => value === config[key]));
}
