/** @file The recipe of a steering file: its JSON, checked part by part when read. */
import * as v from 'valibot';
import { MongeError } from '../../../native-models/error';
import type { SteeringRecipe } from '../../contract/steering';
import { presets } from '../presets';
import { supportNames } from '../support';

const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());

const recipeSchema = v.strictObject({
  version: v.literal(1),
  program: v.string(),
  model: v.strictObject({ name: v.string(), sha256: hash, level: v.picklist(['fp32', '4-bit-0']) }),
  method: v.picklist(Object.keys(presets) as (keyof typeof presets)[]),
  pooling: v.picklist(['mean', 'max', 'min', 'median', 'last', 'all']),
  support: v.picklist(supportNames),
  supportFrom: v.picklist(['pooled', 'tokens']),
  estimation: v.picklist(['simultaneous', 'causal', 'end-to-end']),
  targets: v.picklist(['steered', 'clean']),
  first: v.boolean(),
  n: v.strictObject({ source: count, target: count }),
  dataSha256: v.strictObject({ source: hash, target: hash }),
  seed: count,
  lambda: v.union([finite, v.array(finite)]),
  hooks: v.array(v.string()),
});

/** The recipe as text that people can read and compare. */
export function recipeText(recipe: SteeringRecipe): string {
  return `${JSON.stringify(recipe, null, 2)}\n`;
}

/**
 * @throws `steering-recipe` where the text is not JSON, or a part of the recipe is missing or none; `steering-version` where a
 *   later version wrote it
 */
export function readRecipe(text: string, file?: string): SteeringRecipe {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new MongeError(
      { code: 'steering-recipe', blame: 'input', what: 'the recipe is not JSON', where: { file } },
      { cause },
    );
  }
  const version =
    typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : null;
  if (typeof version === 'number' && version > 1)
    throw new MongeError({
      code: 'steering-version',
      blame: 'input',
      what: 'a later version of this program wrote the recipe',
      where: { file, key: 'version' },
      got: String(version),
      expected: '1',
    });
  const result = v.safeParse(recipeSchema, parsed);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new MongeError({
    code: 'steering-recipe',
    blame: 'input',
    what: 'a part of the recipe is missing or none',
    where: { file, key: v.getDotPath(issue) ?? 'recipe' },
    got: issue.received.slice(0, 80),
    expected: issue.expected?.slice(0, 200) ?? undefined,
  });
}
