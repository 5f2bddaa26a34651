/** @file The shapes of what may be asked of an opened language model; bounds keep one call from asking for a machine's memory. */
import * as v from 'valibot';
import type { LanguageJob, LanguageQuestion } from '../contract/language';

/** Characters of a text: more than any context holds. */
const MAXIMUM_TEXT = 1_000_000;
/** Numbers of a direction. */
const MAXIMUM_WIDTH = 65_536;
/** Bytes of a file with a picture, and characters of a recipe. */
const MAXIMUM_PICTURE = 64 * 2 ** 20;
const MAXIMUM_RECIPE = 2 ** 24;
/** Bytes of a file with maps: those of all hooks of a large model. */
const MAXIMUM_MAPS = 256 * 2 ** 20;

const text = v.pipe(v.string(), v.maxLength(MAXIMUM_TEXT));
const words = v.pipe(v.string(), v.maxLength(500));
/** The words of a schema's refusal are what it takes instead. */
const whole = (least: number, most: number, words = `a whole number from ${least} to ${most}`) =>
  v.pipe(v.number(words), v.safeInteger(words), v.minValue(least, words), v.maxValue(most, words));
const number = (least: number, most: number, words = `a number from ${least} to ${most}`) =>
  v.pipe(v.number(words), v.finite(words), v.minValue(least, words), v.maxValue(most, words));
const above = (most: number, words = `a number above 0 up to ${most}`) =>
  v.pipe(v.number(words), v.finite(words), v.gtValue(0, words), v.maxValue(most, words));
const finite = v.pipe(v.number('a finite number'), v.finite('a finite number'));
const count = whole(0, Number.MAX_SAFE_INTEGER, 'a whole number from 0');
const upTo = (most: number) => whole(0, most);
const texts = v.pipe(v.array(text), v.minLength(1), v.maxLength(10_000));
const exact = v.picklist(['fp32', '4-bit-0'] as const);
const level = v.picklist(['fp32', '4-bit-0', '4-bit-4'] as const);
const model = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
/** SHA-256 of the file of a picture. */
const picture = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const bytesUpTo = (most: number) =>
  v.pipe(
    v.instance(Uint8Array),
    v.check((bytes) => bytes.length <= most, `at most ${most} bytes`),
  );
const numbers = v.pipe(
  v.instance(Float32Array),
  v.check((values) => values.length <= MAXIMUM_WIDTH, `at most ${MAXIMUM_WIDTH} numbers`),
);
const direction = v.variant('kind', [
  v.strictObject({ kind: v.literal('token'), text, name: words }),
  v.strictObject({ kind: v.literal('texts'), of: texts, rest: texts, name: words }),
  v.strictObject({
    kind: v.literal('cell'),
    text,
    position: count,
    layer: v.nullable(upTo(10_000)),
    name: words,
  }),
  v.strictObject({
    kind: v.literal('vector'),
    values: numbers,
    name: words,
  }),
]);
const measure = v.variant('kind', [
  v.strictObject({ kind: v.literal('norm') }),
  v.strictObject({ kind: v.literal('cosine'), direction }),
  v.strictObject({ kind: v.literal('text'), other: text }),
  v.strictObject({ kind: v.literal('level'), other: exact }),
  v.strictObject({ kind: v.literal('model'), other: model }),
]);

/** Maps of one model: their numbers are judged where its hooks are known. */
const steering = v.strictObject({
  maps: v.pipe(
    v.array(
      v.strictObject({
        hook: words,
        ...{ w: numbers, beta: numbers, lo: numbers, hi: numbers },
        units: v.pipe(
          v.instance(Uint8Array),
          v.check((units) => units.length <= MAXIMUM_WIDTH, `at most ${MAXIMUM_WIDTH} units`),
        ),
        form: v.picklist(['interpolate', 'add'] as const),
      }),
    ),
    v.maxLength(10_000),
  ),
  lambda: v.union([finite, v.pipe(v.array(finite), v.maxLength(10_000))]),
  first: v.boolean(),
});

export const languageQuestion: v.GenericSchema<unknown, LanguageQuestion> = v.variant('kind', [
  v.strictObject({ kind: v.literal('facts') }),
  v.strictObject({ kind: v.literal('tokens'), text }),
  v.strictObject({ kind: v.literal('look'), text, level: exact, measure, role: words }),
  v.strictObject({
    kind: v.literal('lens'),
    text,
    position: count,
    level: exact,
    top: whole(1, 20),
  }),
  v.strictObject({
    kind: v.literal('attention'),
    text,
    layer: upTo(10_000),
    level: exact,
    heads: v.exactOptional(v.pipe(v.array(upTo(10_000)), v.maxLength(1000))),
    cells: whole(1, 4096),
  }),
  v.strictObject({ kind: v.literal('score'), text, level, steering: v.exactOptional(steering) }),
  v.strictObject({
    kind: v.literal('steering-divergence'),
    texts,
    steering,
    level: exact,
    maxTokens: count,
    alternatives: upTo(20),
  }),
  v.strictObject({ kind: v.literal('steering-file'), name: words, bytes: bytesUpTo(MAXIMUM_MAPS) }),
  v.strictObject({ kind: v.literal('certificates'), level: v.exactOptional(exact) }),
  v.strictObject({
    kind: v.literal('picture'),
    name: words,
    bytes: bytesUpTo(MAXIMUM_PICTURE),
  }),
  v.strictObject({
    kind: v.literal('patch-colours'),
    picture,
    hook: words,
    fit: v.pipe(v.array(picture), v.minLength(1), v.maxLength(64)),
    recipe: v.exactOptional(v.pipe(v.string(), v.maxLength(MAXIMUM_RECIPE))),
  }),
  v.strictObject({
    kind: v.literal('patch-likeness'),
    picture,
    hook: words,
    to: v.strictObject({ picture, patch: upTo(2 ** 28) }),
  }),
  v.strictObject({
    kind: v.literal('patch-attention'),
    picture,
    layer: upTo(10_000),
    from: v.union([v.literal('class'), upTo(2 ** 28)]),
  }),
]);

const sampling = v.strictObject({
  temperature: number(0, 100),
  topP: above(1),
  topK: count,
  minP: number(0, 1),
  repetitionPenalty: above(100),
  seed: count,
  maxTokens: whole(1, 1_000_000),
  stop: v.pipe(v.array(v.pipe(words, v.minLength(1))), v.maxLength(16)),
});
const message = v.strictObject({
  role: v.picklist(['system', 'user', 'assistant'] as const),
  content: text,
});

export const languageJob: v.GenericSchema<unknown, LanguageJob> = v.variant('kind', [
  v.strictObject({
    kind: v.literal('generate'),
    input: v.union([
      v.strictObject({ prompt: text }),
      v.strictObject({ messages: v.pipe(v.array(message), v.minLength(1), v.maxLength(1000)) }),
      v.strictObject({ chat: text }),
    ]),
    sampling,
    level,
    alternatives: upTo(20),
    steering: v.exactOptional(steering),
  }),
  v.strictObject({
    kind: v.literal('certify'),
    level: v.exactOptional(exact),
    fresh: v.exactOptional(v.boolean()),
    only: v.exactOptional(v.pipe(v.array(words), v.maxLength(100_000))),
  }),
]);
