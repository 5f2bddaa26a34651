/** @file Whether the hooks of a model tell the truth: every one is tried on the model itself, against bits and against a slow reference. */
import type { GraphLevel, HostTensor } from '../../contract/compute';
import type { HookCertificate, HookCheck } from '../../contract/language';
import { tokenFeeds } from '../insides/runs';
import { check, identity, perturbation, REARRANGED, recomputed, worthSmaller } from './checks';
import { relativeDistance, rootMeanSquare } from './compare';
import { Moves } from './moves';
import { subjectFeeds, type Subject } from './subject';
import { verdictOf } from './verdict';

/** Size of a move against the hook's own values. */
const STEP = 1e-3;
/** Smaller moves that are tried where a larger one bends: what is smooth straightens, a fault does not. */
const SMALLER = [1, 0.1, 0.01];

/**
 * Certifies hooks, several at a time, and tells each. Those that are not reached before `signal` aborts are left out. `only`
 * are ids of hooks. Takes a few sessions and, for every few hooks, one run.
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
  const moves = await Moves.open(subject);
  const done: HookCertificate[] = [];
  try {
    const still = await moves.still();
    const operators = identity('operators at strength 0 at every hook', still, shared.plain, 'basic', 0);
    const size = rootMeanSquare(still);
    const asked = hooks.filter(({ id }) => only.includes(id));
    for (let from = 0; from < asked.length && !signal.aborted; from += moves.together) {
      const some = asked.slice(from, from + moves.together).map(({ id }) => id);
      const bent = await perturbations(moves, some, shared, size);
      for (const id of some) {
        if (signal.aborted) break;
        const against = recomputed(id, shared.values(id), reference, subject);
        const certificate = verdictOf(id, [operators, ...shared.checksOf(id), ...against, bent.get(id)!]);
        done.push(certificate);
        tell([certificate]);
      }
    }
    return done;
  } finally {
    await moves.close();
  }
}

/** Of each hook whether a move acts as predicted, with a smaller one where a larger one bends and the smaller would show. */
async function perturbations(
  moves: Moves,
  ids: readonly string[],
  shared: Shared,
  size: number,
): Promise<Map<string, HookCheck>> {
  const found = new Map<string, HookCheck>();
  let left = ids;
  for (const share of SMALLER) {
    if (left.length === 0) break;
    const made = left.map((hook) => ({ hook, size: share * STEP * rootMeanSquare(shared.values(hook)) }));
    const effects = await moves.effects(made);
    const again: string[] = [];
    for (const [k, hook] of left.entries()) {
      const result = perturbation(effects[k]!, size);
      found.set(hook, result);
      if (!result.ok && worthSmaller(effects[k]!, size)) again.push(hook);
    }
    left = again;
  }
  return found;
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
  const feeds = subjectFeeds(subject, 1);
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
  const ofModel = [
    ...(subject.inputs ? [] : await paddingCheck(subject, run, plain)),
    ...(await otherChecks(subject, plain)),
  ];
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
  const { ids, padding, observed, padsLeft = true } = subject;
  const extra = 3;
  const rows = [
    [...Array<number>(extra).fill(padding), ...ids],
    [...ids, ...Array<number>(extra).fill(padding)],
  ];
  const masks = [
    [...Array<number>(extra).fill(0), ...ids.map(() => 1)],
    [...ids.map(() => 1), ...Array<number>(extra).fill(0)],
  ];
  const both = (await run([observed], 'basic', tokenFeeds(rows, masks)))(observed);
  const width = plain.length / ids.length;
  const length = (ids.length + extra) * width;
  const left = both.subarray(extra * width, length);
  const right = both.subarray(length, length + plain.length);
  const ofRight = relativeDistance(right, plain);
  const apart = padsLeft ? Math.max(relativeDistance(left, plain), ofRight) : ofRight;
  const sides = padsLeft ? 'on the left and on the right' : 'on the right, as it is run here,';
  return [check('padding', apart, REARRANGED, `the text with padding ${sides} against the text alone`)];
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

function valueOf({ hooks }: Subject, id: string): string {
  return hooks.find((hook) => hook.id === id)!.value;
}

function dataOf(answer: Readonly<Record<string, HostTensor>>, name: string): Float32Array {
  return answer[name]!.data as Float32Array;
}
