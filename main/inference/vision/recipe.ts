/** @file Recipes of patch colours as JSON text: written the same way everywhere, and read strictly, for they come from others. */
import * as v from 'valibot';
import { MongeError } from '../../../native-models/error';
import type { PatchRecipe } from '../../contract/vision';

/** Widths of states, and characters that four vectors of them take. */
const MOST_WIDTH = 2 ** 17;
export const longestRecipe = 2 ** 24;

const number = v.pipe(v.number(), v.finite());
const positive = v.pipe(number, v.minValue(0));
const three = v.strictTuple([number, number, number]);
const vector = v.pipe(v.array(number), v.minLength(3), v.maxLength(MOST_WIDTH));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const words = v.pipe(v.string(), v.maxLength(1000));

const recipe: v.GenericSchema<unknown, PatchRecipe> = v.pipe(
  v.strictObject({
    format: v.literal('monge-patch-colours'),
    version: v.literal(1),
    model: v.strictObject({ name: words, sha256: hash }),
    hook: words,
    preprocessing: v.pipe(v.array(words), v.maxLength(20)),
    leftOut: words,
    fit: v.pipe(
      v.array(v.strictObject({ name: words, sha256: hash, pixels: hash })),
      v.minLength(1),
      v.maxLength(10_000),
    ),
    patches: v.pipe(number, v.safeInteger(), v.minValue(1)),
    mean: vector,
    axes: v.strictTuple([vector, vector, vector]),
    variances: v.strictTuple([positive, positive, positive]),
    totalVariance: positive,
    sign: v.literal('largest-entry-positive'),
    scale: v.strictObject({ low: three, high: three }),
  }),
  v.check(
    ({ mean, axes }) => axes.every((axis) => axis.length === mean.length),
    'the mean and the three axes are of one length',
  ),
);

/** One line per part, so that a recipe can be looked at; numbers as the shortest text that gives the same double. */
export function recipeText(made: PatchRecipe): string {
  const parts = Object.entries(made).map(
    ([key, value]) => ` ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return `{\n${parts.join(',\n')}\n}\n`;
}

/** @throws `recipe-malformed` naming the part */
export function readRecipe(text: string): PatchRecipe {
  if (text.length > longestRecipe) throw malformed(undefined, `${text.length} characters`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw malformed(undefined, cause instanceof Error ? cause.message.slice(0, 120) : 'no JSON', cause);
  }
  const read = v.safeParse(recipe, json);
  if (read.success) return read.output;
  const [issue] = read.issues;
  throw malformed(v.getDotPath(issue) ?? undefined, issue.message.slice(0, 200));
}

function malformed(key: string | undefined, got: string, cause?: unknown): MongeError {
  return new MongeError(
    {
      code: 'recipe-malformed',
      blame: 'input',
      what: 'this is no recipe of patch colours',
      ...(key !== undefined && { where: { key } }),
      got,
      expected: 'the JSON that was kept beside a picture of patches',
    },
    { cause },
  );
}
