/** @file Runs of a model with any of its hooks as outputs: its sessions, a few kept open. */
import type { HookPoint, ModelProto } from '../../../native-models';
import type { GraphLevel, HostTensor, Session } from '../../contract/compute';

/** Each holds its weights packed anew. */
const KEPT = 2;

/** A graph and what can be looked at in it. */
export interface HookedGraph {
  model: ModelProto;
  hooks: readonly HookPoint[];
}

/** A model whose graph, a function of `input_ids` and `attention_mask`, can have any of its hooks as outputs. */
export interface HookedModel {
  /** Its graph with hooks, by their ids, as outputs. @throws `hook-unknown` */
  graph: (outputs: readonly string[]) => HookedGraph;
  /** Opens the graph, or one that was made from it: where its weights lie is known here. */
  open: (model: ModelProto, graphLevel: GraphLevel) => Promise<Session>;
}

export interface RunRequest {
  /** Ids of tokens, row by row; all rows of one length, padding on either side. */
  ids: readonly (readonly number[])[];
  /** 1 for a token, 0 for padding, of the same shape; default: no padding. */
  mask?: readonly (readonly number[])[];
  /** `logits` among them. */
  hooks: readonly string[];
  /** Default 'extended'; 'basic' where every bit must be the same whatever else is an output. */
  graphLevel?: GraphLevel;
}

/** Opens sessions as they are needed, and closes those that were not used for longest. */
export class ModelRuns {
  readonly #model: HookedModel;
  /** By what they give, in order of last use. */
  readonly #sessions = new Map<string, Promise<Opened>>();

  constructor(model: HookedModel) {
    this.#model = model;
  }

  /**
   * The values of the hooks by id, [rows, tokens, …], patterns [rows, heads, tokens, tokens].
   * @throws `hook-unknown`, and the codes of the session
   */
  async run({ ids, mask, hooks, graphLevel = 'extended' }: RunRequest): Promise<Record<string, HostTensor>> {
    return this.runFeeds(tokenFeeds(ids, mask), hooks, graphLevel);
  }

  /** The same for inputs of any kind, such as the `pixels` of an image. */
  async runFeeds(
    feeds: Readonly<Record<string, HostTensor>>,
    hooks: readonly string[],
    graphLevel: GraphLevel,
  ): Promise<Record<string, HostTensor>> {
    const { session, values } = await this.#session(hooks, graphLevel);
    const answer = await session.run(feeds);
    return Object.fromEntries(hooks.map((id) => [id, answer[values.get(id)!]!]));
  }

  /** What is run. */
  get model(): HookedModel {
    return this.#model;
  }

  async close(): Promise<void> {
    const open = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const one of open) await closed(one);
  }

  async #session(hooks: readonly string[], graphLevel: GraphLevel): Promise<Opened> {
    const key = `${graphLevel} ${hooks.toSorted().join(' ')}`;
    const known = this.#sessions.get(key);
    const found = known ?? this.#open(hooks, graphLevel);
    this.#sessions.delete(key);
    this.#sessions.set(key, found);
    if (known) return found;
    found.catch(() => this.#sessions.delete(key));
    for (const [oldest, one] of this.#sessions) {
      if (this.#sessions.size <= KEPT) break;
      this.#sessions.delete(oldest);
      await closed(one);
    }
    return found;
  }

  async #open(hooks: readonly string[], graphLevel: GraphLevel): Promise<Opened> {
    const { model, hooks: all } = this.#model.graph(hooks);
    const session = await this.#model.open(model, graphLevel);
    return { session, values: new Map(all.map(({ id, value }) => [id, value])) };
  }
}

interface Opened {
  session: Session;
  /** The value of the graph for each hook. */
  values: ReadonlyMap<string, string>;
}

function closed(one: Promise<Opened>): Promise<void> {
  return one.then(
    ({ session }) => session.close(),
    () => undefined,
  );
}

/** The inputs of a model of texts. */
export function tokenFeeds(
  ids: readonly (readonly number[])[],
  mask: readonly (readonly number[])[] = ids.map((row) => row.map(() => 1)),
): Record<string, HostTensor> {
  const dims = [ids.length, ids[0]?.length ?? 0];
  const long = (rows: readonly (readonly number[])[]): HostTensor => ({
    type: 'int64',
    data: BigInt64Array.from(rows.flat(), BigInt),
    dims,
  });
  return { input_ids: long(ids), attention_mask: long(mask) };
}
