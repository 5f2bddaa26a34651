/** @file Captures the tokens that probes read: all positions of a stretch of texts in as few passes as there are beginnings of them. */
import { MongeError } from '../../../native-models/error';
import { writeElements } from '../../../native-models/io/elements';
import type { RunContext } from '../../contract/define';
import type { CaptureBatch, TokenPooling } from '../../contract/language';
import type { LanguageSession } from '../../contract/opened';
import type { ProbePosition } from '../../contract/probes';
import type { ProbesConfig } from './config';
import type { NamedItem, RunItem } from './items';
import { NPY_HEAD_BYTES, npyHead } from '../../disk/npy-head';
import { abortable } from '../../inference/for-methods/abortable';
import { checkFits } from '../../inference/for-methods/fits-on-disk';

/** Values of a stretch in memory. */
const STRETCH_BYTES = 96 * 2 ** 20;
const MOST_ROWS = 256;

export interface CapturedHook {
  id: string;
  width: number;
  block: number;
}

/** One pass over beginnings of the texts. */
interface Pass {
  text: (item: RunItem) => string;
  poolings: TokenPooling[];
}

const last: TokenPooling = { kind: 'last' };
const mean: TokenPooling = { kind: 'mean' };
const at = (position: number): TokenPooling => ({ kind: 'position', position });

/** Of the model itself, or of one with its shape and random weights. */
export type CapturedWeights = 'own' | 'random';

/** `resid_post-18.last.npy` */
export function activationsFile(
  hook: string,
  position: ProbePosition,
  weights: CapturedWeights = 'own',
): string {
  return `${weights === 'own' ? '' : 'random-weights.'}${hook.replaceAll(':', '-')}.${position}.npy`;
}

/** Where row `row` begins in such a file. */
export function rowOffset(row: number, width: number): number {
  return NPY_HEAD_BYTES + row * width * 4;
}

/** The hooks that are chosen, one in each block. @throws `hooks-pattern`, `hooks-double` */
export async function chosenHooks(session: LanguageSession, config: ProbesConfig): Promise<CapturedHook[]> {
  const { hooks, level, batch } = config;
  const { hooks: found } = await session.work(
    {
      ...{ kind: 'capture', hooks, pooling: last, first: true, level, batch },
      maxTokens: 0,
      texts: [],
      from: 0,
    },
    () => undefined,
  );
  const blocks = found.map(({ id, width }) => ({ id, width, block: Number(/:(\d+)$/.exec(id)?.[1] ?? NaN) }));
  const double = blocks.find(
    ({ block, width }, k) =>
      Number.isNaN(block) ||
      width !== blocks[0]!.width ||
      blocks.findIndex((one) => one.block === block) !== k,
  );
  if (!double) return blocks;
  throw new MongeError({
    code: 'hooks-double',
    blame: 'input',
    what: 'blocks are compared by one hook each, all of one width',
    where: { key: 'hooks' },
    got: double.id,
    expected: 'one role, such as resid_post:*',
  });
}

/** Bytes of the activations of `rows` items. */
export function capturedBytes(rows: number, hooks: readonly CapturedHook[], positions: number): number {
  return rows * positions * hooks.reduce((sum, { width }) => sum + width, 0) * 4;
}

/** @throws `capture-too-large` */
export function checkRoom(bytes: number, free: number): void {
  checkFits(bytes, free, { key: 'positions', help: 'take fewer items, positions or blocks' });
}

/** Writes heads of all files: their sizes are known before their rows are. */
export async function writeHeads(
  context: Pick<RunContext, 'artifactPart'>,
  hooks: readonly CapturedHook[],
  positions: readonly ProbePosition[],
  rows: number,
  weights: CapturedWeights = 'own',
): Promise<void> {
  for (const { id, width } of hooks) {
    const head = npyHead(rows, width);
    for (const position of positions)
      await context.artifactPart(activationsFile(id, position, weights), 0, head);
  }
}

/** Consecutive items that are captured together; the same for the same settings, so that a resumed run makes the same batches. */
export function stretchEnd(
  from: number,
  rows: number,
  hooks: readonly CapturedHook[],
  positions: number,
): number {
  const each = capturedBytes(1, hooks, positions);
  return Math.min(rows, from + Math.max(8, Math.min(MOST_ROWS, Math.floor(STRETCH_BYTES / each))));
}

/**
 * Captures items `from` to `to` of all and writes their rows; the number of tokens of each, or null where a stop was asked for.
 * @throws `text-too-short` and `context-exceeded`, which name task and row
 */
export async function captureStretch(
  context: Pick<RunContext, 'artifactPart' | 'stopRequested'>,
  session: LanguageSession,
  items: readonly NamedItem[],
  {
    from,
    to,
    hooks,
    positions,
    config,
    weights = 'own',
  }: {
    from: number;
    to: number;
    hooks: readonly CapturedHook[];
    positions: readonly ProbePosition[];
    config: Pick<ProbesConfig, 'level' | 'batch' | 'mode'>;
    weights?: CapturedWeights;
  },
): Promise<Int32Array | null> {
  const part = items.slice(from, to);
  const found: Found[] = [];
  for (const { text, poolings } of passesOf(positions, config.mode)) {
    const one = new Found(part, poolings, from);
    const whole = await abortable(context, (heard, signal) =>
      session.work(
        {
          ...{ kind: 'capture', hooks: hooks.map(({ id }) => id), pooling: { kind: 'each', of: poolings } },
          ...{
            first: true,
            level: config.level,
            batch: config.batch,
            maxTokens: 0,
            texts: part.map(text),
            from,
          },
        },
        (batch) => heard(() => one.add(batch)),
        signal,
      ),
    );
    if (!whole) return null;
    if (whole.cut > 0)
      throw textTooLong(part[one.tokens.indexOf(Math.max(...one.tokens))]!, Math.max(...one.tokens));
    found.push(one);
  }
  for (const { id, width } of hooks)
    for (const position of positions) {
      const rows = combined(position, id, width, found, config.mode);
      const bytes = writeElements({ data: rows, shape: [rows.length] });
      await context.artifactPart(activationsFile(id, position, weights), rowOffset(from, width), bytes);
    }
  return found[0]!.tokens;
}

/** Whole texts; of answers also their prompts, and their texts as far as the graded span. */
function passesOf(positions: readonly ProbePosition[], mode: ProbesConfig['mode']): Pass[] {
  if (mode === 'statement') {
    const poolings = positions.flatMap((position) =>
      position === 'mean' ? [mean, at(0)] : [poolingOf(position)],
    );
    return [{ text: ({ text }) => text, poolings }];
  }
  const needsPrompt = positions.includes('prompt') || positions.includes('mean');
  return [
    { text: ({ text }) => text, poolings: [last, at(-2), mean] },
    ...(needsPrompt
      ? [{ text: ({ text, prompt }: RunItem) => text.slice(0, prompt), poolings: [last, mean] }]
      : []),
    ...(positions.includes('answer-end')
      ? [{ text: ({ text, end }: RunItem) => text.slice(0, end), poolings: [last] }]
      : []),
  ];
}

function poolingOf(position: ProbePosition): TokenPooling {
  return position === 'first' ? at(0) : position === 'last' ? last : at(Number(position));
}

/** The vectors of one pass, in the order of the items. */
class Found {
  readonly tokens: Int32Array;
  readonly #values = new Map<string, Float32Array[]>();

  constructor(
    readonly items: readonly NamedItem[],
    readonly poolings: readonly TokenPooling[],
    readonly from: number,
  ) {
    this.tokens = new Int32Array(items.length);
  }

  get rows(): number {
    return this.items.length;
  }

  add({ rows, tokens, values }: CaptureBatch): void {
    const needed = Math.max(
      1,
      ...this.poolings.map((one) =>
        one.kind === 'position' ? (one.position < 0 ? -one.position : one.position + 1) : 1,
      ),
    );
    for (const [hook, matrix] of Object.entries(values)) {
      const width = matrix.length / rows.length;
      const kept = this.#values.get(hook) ?? new Array<Float32Array>(this.rows);
      this.#values.set(hook, kept);
      rows.forEach((row, k) => (kept[row - this.from] = matrix.slice(k * width, (k + 1) * width)));
    }
    rows.forEach((row, k) => {
      this.tokens[row - this.from] = tokens[k]!;
      if (tokens[k]! >= needed) return;
      throw new MongeError({
        code: 'text-too-short',
        blame: 'input',
        what: 'a text has fewer tokens than a position asks for',
        where: { ...placeOf(this.items[row - this.from]!), key: 'positions' },
        got: `${tokens[k]} tokens`,
        expected: `at least ${needed}`,
        help: 'choose fewer positions, or leave the text out',
      });
    });
  }

  /** The vector of one item by one pooling. */
  vector(hook: string, row: number, pooling: number, width: number): Float32Array {
    return this.#values.get(hook)![row]!.subarray(pooling * width, (pooling + 1) * width);
  }

  place(pooling: TokenPooling): number {
    return this.poolings.findIndex((one) => JSON.stringify(one) === JSON.stringify(pooling));
  }
}

/** Texts themselves are not told: they may be offensive. */
function placeOf({ task, row }: NamedItem): { file: string; row: number } {
  return { file: task, row };
}

/** What is read at its end would be read where it was cut. */
function textTooLong(item: NamedItem, most: number): MongeError {
  return new MongeError({
    code: 'context-exceeded',
    blame: 'input',
    what: 'a text is longer than the model reads',
    where: placeOf(item),
    expected: `at most ${most} tokens`,
    help: 'leave such rows out',
  });
}

function combined(
  position: ProbePosition,
  hook: string,
  width: number,
  [whole, prompt, end]: readonly Found[],
  mode: ProbesConfig['mode'],
): Float32Array {
  const rows = whole!.rows;
  const out = new Float32Array(rows * width);
  const isAnswer = mode === 'answer';
  // Without a pass over prompts the graded span is the second.
  const span = end ?? prompt;
  for (let row = 0; row < rows; row++) {
    const vector = (found: Found, pooling: TokenPooling) =>
      found.vector(hook, row, found.place(pooling), width);
    const into = out.subarray(row * width, (row + 1) * width);
    if (position === 'prompt') into.set(vector(prompt!, last));
    else if (position === 'answer-end') into.set(vector(span!, last));
    else if (position !== 'mean') into.set(vector(whole!, poolingOf(position)));
    else {
      // A mean of later tokens is what all hold less what the earlier ones hold. In most decoders the first token is an outlier.
      const all = whole!.tokens[row]!;
      const [before, early] = isAnswer
        ? [prompt!.tokens[row]!, vector(prompt!, mean)]
        : [1, vector(whole!, at(0))];
      const total = vector(whole!, mean);
      const later = all - before;
      for (let k = 0; k < width; k++)
        into[k] = later > 0 ? (total[k]! * all - early[k]! * before) / later : total[k]!;
    }
  }
  return out;
}
