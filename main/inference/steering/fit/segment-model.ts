/** @file A language model that is run hook by hook over all texts of a side: each part of its graph once, and never from the start again. */
import type { HookPoint } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { HostTensor, Session } from '../../../contract/compute';
import type { HookMap } from '../../../contract/steering';
import { cutAtHooks, type Segments } from '../../../models/segments';
import type { BlockHook, BlockModel, HookSamples } from '../../../steering/estimate';
import type { HookedModel } from '../../insides/runs';
import { hookSamples, type PoolingChoice } from './pooled-samples';
import type { Side } from './side';
import { steeredRows } from './steered-rows';

type Values = ReadonlyMap<string, HostTensor>;

/** A side at a hook: what is carried from there on, batch by batch. */
export interface SegmentState {
  side: Side;
  batches: readonly Values[];
  /** The next part, once it was run: whichever map its hook gets, its own values are the same. */
  ahead?: Promise<Ahead | null>;
}

/** After a part: its hook's values, and what is carried on, both without a map at the hook. */
interface Ahead {
  hook: readonly Float32Array[];
  batches: readonly Values[];
}

export interface SegmentModel extends BlockModel<SegmentState> {
  start: (side: Side) => SegmentState;
  close: () => Promise<void>;
}

export interface SegmentOptions extends PoolingChoice {
  /** Asked before every batch. */
  stopped: () => boolean;
}

/**
 * The model cut at the hooks: a block of it ends where a hook is made, and its map acts before the next block begins, so that
 * a side is computed once altogether, causal or not. What is kept of a side is what crosses a cut, for most cuts twice
 * texts × tokens × width numbers. One session is open at a time.
 */
export function segmentModel(
  model: HookedModel,
  hooks: readonly HookPoint[],
  options: SegmentOptions,
): SegmentModel {
  const whole = model.graph(hooks.map(({ id }) => id));
  const segments = cutAtHooks(whole.model, hooks, whole.hooks);
  const sessions = new PartSessions(model, segments);
  const places = segments.parts.map(({ hook }) => hook);
  return {
    blocks: places.length,
    hooks: places.map((hook, block) => blockHook(hook, block)),
    start: (side) => ({ side, batches: side.batches.map(() => new Map()) }),
    async run(state, block, { maps, read }) {
      const ahead = await (state.ahead ??= runPart(state, block, segments, sessions, options.stopped));
      if (ahead === null) return null;
      const hook = places[block]!;
      const samples = read.map((): HookSamples =>
        hookSamples(state.side, ahead.hook, unitsOf(hook), options),
      );
      const map = maps.find((one) => one.hook === hook.id);
      return {
        samples,
        next: { side: state.side, batches: map ? moved(state, ahead, hook, map) : ahead.batches },
      };
    },
    close: () => sessions.close(),
  };
}

/** Units of a hook: its last axes together. */
export function unitsOf({ shape }: Pick<HookPoint, 'shape'>): number {
  return shape.reduce<number>((product, size) => product * Number(size), 1);
}

/** What fitting knows of a hook. Values by head have the head as a group. */
export function blockHook({ id, role, shape }: HookPoint, block: number): BlockHook {
  const residual = role === 'embed' || role.startsWith('resid');
  return { id, block, residual, ...(shape.length === 2 && { groupWidth: Number(shape[1]) }) };
}

async function runPart(
  { side, batches }: SegmentState,
  part: number,
  { parts }: Segments,
  sessions: PartSessions,
  stopped: () => boolean,
): Promise<Ahead | null> {
  const { hook, carriedOut, makes } = parts[part]!;
  const found: { hook: Float32Array; values: Values }[] = [];
  for (const [at, { feeds }] of side.batches.entries()) {
    if (stopped()) return null;
    const before = batches[at]!;
    const made = makes.length === 0 ? {} : await sessions.run(part, feeds, before);
    const valueOf = (name: string) => made[name] ?? before.get(name)!;
    const value = valueOf(hook.value);
    checkHook(hook, value, feeds);
    found.push({
      hook: value.data as Float32Array,
      values: new Map(carriedOut.map((name) => [name, valueOf(name)])),
    });
  }
  return { hook: found.map((one) => one.hook), batches: found.map(({ values }) => values) };
}

/** What is carried on with the map at the hook. */
function moved(
  { side }: SegmentState,
  { hook, batches }: Ahead,
  { value }: HookPoint,
  map: HookMap,
): Values[] {
  return batches.map((values, at) => {
    const own = values.get(value);
    if (!own) return values;
    const data = steeredRows(map, hook[at]!, side.batches[at]!.unsteered);
    return new Map(values).set(value, { ...own, data });
  });
}

/** The session of the part that is run, opened when it is first needed. */
class PartSessions {
  #open: { part: number; session: Promise<Session> } | null = null;

  constructor(
    private readonly model: HookedModel,
    private readonly segments: Segments,
  ) {}

  async run(
    part: number,
    feeds: Readonly<Record<string, HostTensor>>,
    carried: Values,
  ): Promise<Record<string, HostTensor>> {
    const session = await this.#session(part, carried);
    const all = { ...feeds, ...Object.fromEntries(carried) };
    return session.run(Object.fromEntries(session.inputNames.map((name) => [name, all[name]!] as const)));
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.session.then(
      (session) => session.close(),
      () => undefined,
    );
  }

  async #session(part: number, carried: Values): Promise<Session> {
    if (this.#open?.part !== part) {
      await this.close();
      this.#open = { part, session: this.model.open(this.segments.model(part, carried), 'extended') };
    }
    return this.#open.session;
  }
}

function checkHook(
  hook: HookPoint,
  { type, data, dims }: HostTensor,
  feeds: Side['batches'][number]['feeds'],
) {
  const rows = feeds.input_ids!.data.length;
  if (type === 'float32' && data.length === rows * unitsOf(hook)) return;
  throw new MongeError({
    code: 'steering-width',
    blame: 'input',
    what: 'the values of this place do not lie token by token',
    where: { key: hook.id },
    got: `${type} [${dims.join(', ')}]`,
    expected: `${rows} tokens of ${unitsOf(hook)} numbers`,
  });
}
