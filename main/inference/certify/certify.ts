/** @file Whether the hooks of a model tell the truth: every one is tried on the model itself, against bits and against a slow reference. */
import type { HookPoint, ModelProto } from '../../../native-models';
import type { GraphLevel, HostTensor, Session } from '../../contract/compute';
import type { HookCertificate, HookCheck } from '../../contract/language';
import { relativeDistance, valuesApart } from './compare';
import { operatorInputs, rampOf, withMovers } from './operators';
import { verdictOf } from './verdict';

/** A model whose hooks are to be certified. */
export interface Subject {
  hooks: readonly HookPoint[];
  /** The hook that shows what the model says: `logits`, or the last state of an encoder. */
  observed: string;
  /** Its graph with these hooks as outputs, weights in the folder that `open` knows. */
  graph(outputs: readonly string[]): ModelProto;
  open(model: ModelProto, graphLevel: GraphLevel): Promise<Session>;
  /** A short text, no padding. */
  ids: readonly number[];
  /** Another padding of the same text must not show: id of the padding. */
  padding: number;
  /** What every hook must hold, computed by other means; null where nothing else can. */
  reference(): Promise<ReadonlyMap<string, ArrayLike<number>> | null>;
  /** Logits that were given with the model, for the same text. */
  given?: ArrayLike<number>;
  /** What the observed hook holds when the text is decoded token by token with caches; null without caches. */
  cached?(): Promise<ArrayLike<number> | null>;
  /** Relative distance that the level of the weights' products allows from the reference. */
  tolerance: number;
}

/** Relative distances that are allowed where arithmetic may be rearranged. */
const REARRANGED = 1e-4;
/** Size of a move against the hook's own values. */
const STEP = 1e-3;
/** How far the effect of a move may be from twice that of half of it. */
const CURVED = 0.1;
/** Of what is observed, relative to its size: three times what one rounding of a float32 may do. */
const ROUNDING = 3e-6;
/** Less than this, against the size of what is observed, is no effect. */
const DEAD = 1e-8;

/**
 * Certifies hook after hook and tells each as it is done. Hooks that are not reached before `signal` aborts are left out.
 * `only` are ids of hooks. Takes a few sessions and, per hook, two runs.
 */
export async function certify(
  subject: Subject,
  tell: (certificates: HookCertificate[]) => void,
  signal: AbortSignal,
  only: readonly string[] = subject.hooks.map(({ id }) => id),
): Promise<HookCertificate[]> {
  const { hooks } = subject;
  const shared = await sharedChecks(subject);
  const reference = await subject.reference();
  const movers = await subject.open(withMovers(subject.graph([subject.observed]), hooks), 'basic');
  const done: HookCertificate[] = [];
  try {
    const strengths = new Float32Array(hooks.length);
    const moved = async () => {
      const feeds = { ...feedsOf(subject), ...moverFeeds(strengths, subject.ids.length) };
      return dataOf(await movers.run(feeds), valueOf(subject, subject.observed));
    };
    const still = await moved();
    const operators = identity('operators at strength 0 at every hook', still, shared.plain, 'basic', 0);
    for (const hook of hooks) {
      if (signal.aborted) break;
      if (!only.includes(hook.id)) continue;
      const first = hooks.findIndex(({ value }) => value === hook.value);
      const values = shared.values(hook.id);
      const checks = [
        operators,
        ...shared.checksOf(hook.id),
        ...recomputed(hook.id, values, reference, subject.tolerance),
      ];
      const size = STEP * rootMeanSquare(values);
      const at = async (share: number) => {
        strengths.fill(0);
        strengths[first] = share * size;
        return difference(await moved(), still);
      };
      checks.push(perturbation(await at(1), await at(0.5), rootMeanSquare(still)));
      const certificate = verdictOf(hook.id, checks);
      done.push(certificate);
      tell([certificate]);
    }
    return done;
  } finally {
    await movers.close();
  }
}

interface Shared {
  /** What is observed at `basic` when nothing else is looked at. */
  plain: Float32Array;
  values(hook: string): Float32Array;
  checksOf(hook: string): HookCheck[];
}

/** What sessions tell about all hooks at once. */
async function sharedChecks(subject: Subject): Promise<Shared> {
  const { hooks, observed } = subject;
  const feeds = feedsOf(subject);
  const ids = hooks.map(({ id }) => id);
  const run = async (outputs: readonly string[], graphLevel: GraphLevel, given = feeds) => {
    const session = await subject.open(subject.graph(outputs), graphLevel);
    try {
      const answer = await session.run(given);
      return (id: string) => dataOf(answer, valueOf(subject, id));
    } finally {
      await session.close();
    }
  };
  const plain = (await run([observed], 'basic'))(observed);
  const basic = await run(ids, 'basic');
  const looked = identity('logits with every hook captured', basic(observed), plain, 'basic', 0);
  const usual = await run(ids, 'extended');
  const bare = (await run([observed], 'all'))(observed);
  const fused = identity('logits with every hook captured', usual(observed), bare, 'all', REARRANGED);
  const ofModel = [...(await paddingCheck(subject, run, plain)), ...(await otherChecks(subject, plain))];
  return {
    plain,
    values: (hook) => usual(hook),
    checksOf: (hook) => [
      looked,
      fused,
      check(
        'recomputed',
        relativeDistance(usual(hook), basic(hook)),
        REARRANGED,
        'captured with fused operators against captured at `basic`',
      ),
      ...(hook === observed ? ofModel : []),
    ],
  };
}

/** The same text with padding on either side must say the same. */
async function paddingCheck(
  subject: Subject,
  run: (
    outputs: readonly string[],
    level: GraphLevel,
    feeds: Record<string, HostTensor>,
  ) => Promise<(id: string) => Float32Array>,
  plain: Float32Array,
): Promise<HookCheck[]> {
  const { ids, padding, observed } = subject;
  const extra = 3;
  const rows = [
    [...Array<number>(extra).fill(padding), ...ids],
    [...ids, ...Array<number>(extra).fill(padding)],
  ];
  const masks = [
    [...Array<number>(extra).fill(0), ...ids.map(() => 1)],
    [...ids.map(() => 1), ...Array<number>(extra).fill(0)],
  ];
  const both = (await run([observed], 'basic', feedsFor(rows, masks)))(observed);
  const width = plain.length / ids.length;
  const length = (ids.length + extra) * width;
  const left = both.subarray(extra * width, length);
  const right = both.subarray(length, length + plain.length);
  const apart = Math.max(relativeDistance(left, plain), relativeDistance(right, plain));
  return [
    check(
      'padding',
      apart,
      REARRANGED,
      'the text with padding on the left and on the right against the text alone',
    ),
  ];
}

async function otherChecks(subject: Subject, plain: Float32Array): Promise<HookCheck[]> {
  const cached = await subject.cached?.();
  return [
    ...(cached
      ? [
          check(
            'cache',
            relativeDistance(cached, plain),
            REARRANGED,
            'decoded token by token with caches against all at once',
          ),
        ]
      : []),
    ...(subject.given
      ? [
          check(
            'reference',
            relativeDistance(plain, subject.given),
            1e-3,
            'logits against those given with the model',
          ),
        ]
      : []),
  ];
}

function identity(
  what: string,
  got: Float32Array,
  plain: Float32Array,
  level: GraphLevel,
  tolerance: number,
): HookCheck {
  const value = tolerance === 0 ? valuesApart(got, plain) : relativeDistance(got, plain);
  const says = tolerance === 0 ? `${what}: values that differ in any bit` : `${what} against none`;
  return check('identity', value, tolerance, `${says}, at optimisation \`${level}\``);
}

function recomputed(
  hook: string,
  values: Float32Array,
  reference: ReadonlyMap<string, ArrayLike<number>> | null,
  tolerance: number,
): HookCheck[] {
  const expected = reference?.get(hook);
  if (!expected) return [];
  return [
    check(
      'recomputed',
      relativeDistance(values, expected),
      tolerance,
      'captured against computed in double precision',
    ),
  ];
}

function perturbation(whole: Float32Array, half: Float32Array, size: number): HookCheck {
  const effect = rootMeanSquare(whole) / Math.max(size, 1e-30);
  if (!(effect > DEAD))
    return check(
      'perturbation',
      Infinity,
      CURVED,
      'moved by a thousandth, and nothing that the model says moved: the hook is dead',
    );
  const predicted = half.map((value) => 2 * value);
  const apart = relativeDistance(whole, predicted);
  // A small effect is told apart from rounding only so far.
  const allowed = CURVED + ROUNDING / effect;
  return check('perturbation', apart, allowed, 'effect of a move against twice the effect of half of it');
}

function check(name: string, value: number, tolerance: number, says: string): HookCheck {
  return { name, value, tolerance, ok: value <= tolerance, says };
}

function feedsOf({ ids }: Subject): Record<string, HostTensor> {
  return feedsFor([[...ids]], [ids.map(() => 1)]);
}

function feedsFor(ids: readonly number[][], mask: readonly number[][]): Record<string, HostTensor> {
  const dims = [ids.length, ids[0]!.length];
  const long = (rows: readonly number[][]): HostTensor => ({
    type: 'int64',
    data: BigInt64Array.from(rows.flat(), BigInt),
    dims,
  });
  return { input_ids: long(ids), attention_mask: long(mask) };
}

function moverFeeds(strengths: Float32Array, tokens: number): Record<string, HostTensor> {
  return {
    [operatorInputs.strengths]: { type: 'float32', data: strengths, dims: [strengths.length] },
    [operatorInputs.ramp]: { type: 'float32', data: rampOf(tokens), dims: [tokens] },
  };
}

function valueOf({ hooks }: Subject, id: string): string {
  return hooks.find((hook) => hook.id === id)!.value;
}

function dataOf(answer: Readonly<Record<string, HostTensor>>, name: string): Float32Array {
  return answer[name]!.data as Float32Array;
}

function rootMeanSquare(values: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < values.length; k += 1) sum += values[k]! ** 2;
  return Math.sqrt(sum / Math.max(1, values.length));
}

function difference(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, k) => value - b[k]!);
}
