/** @file Runs of a model with any of its hooks as outputs: sessions over one data file of weights, a few kept open. */
import { encodeModel, placeParts, type LazyWeight, type ModelProto } from '../../../native-models';
import type { Compute, GraphLevel, HostTensor, Session } from '../../contract/compute';
import type { BuiltGraph } from '../../models/checkpoint-graph';
import { weightFileName } from '../weight-cache';

/** Each holds its weights packed anew. */
const KEPT = 2;

/** A model that can be built with any of its hooks as outputs. */
export interface BuildableModel {
  /** For errors. */
  name: string;
  /** Its graph with hooks, by their ids, as outputs. */
  graph: (outputs: readonly string[], location: string) => BuiltGraph;
  /** The folder in which the data file of all its weights lies, written when it is first asked for. */
  folder: (all: readonly LazyWeight[]) => Promise<string>;
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
  readonly #compute: Compute;
  readonly #model: BuildableModel;
  /** By what they give, in order of last use. */
  readonly #sessions = new Map<string, Promise<Opened>>();

  constructor(compute: Compute, model: BuildableModel) {
    this.#compute = compute;
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

  /** What the runs are built from. */
  get model(): BuildableModel {
    return this.#model;
  }

  /** The graph with these hooks as outputs. @throws `hook-unknown` */
  build(hooks: readonly string[]): BuiltGraph {
    return this.#model.graph(hooks, weightFileName);
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
    const built = this.#model.graph(hooks, weightFileName);
    const session = await openPlaced(this.#compute, this.#model, built, graphLevel);
    return { session, values: new Map(built.hooks.map(({ id, value }) => [id, value])) };
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

/** Opens a graph of the model on the data file of all its weights. */
export async function openPlaced(
  compute: Compute,
  { graph, folder, name }: BuildableModel,
  { model }: Pick<BuiltGraph, 'model'>,
  graphLevel: GraphLevel,
): Promise<Session> {
  const all = graph([], weightFileName).weights;
  const placed = encodeModel(withPlaces(model, all));
  return compute.open(placed, { label: name, device: 'cpu', folder: await folder(all), graphLevel });
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

/** The model with its weights at the places that they have in the file of all of them. */
function withPlaces(model: ModelProto, all: readonly LazyWeight[]): ModelProto {
  const spans = placeParts(all);
  const places = new Map(all.map(({ name }, k) => [name, spans[k]!]));
  const initializer = (model.graph?.initializer ?? []).map((tensor) => {
    const place = places.get(tensor.name ?? '');
    if (tensor.dataLocation !== 1 || !place) return tensor;
    const location = tensor.externalData?.find(({ key }) => key === 'location')?.value ?? '';
    const externalData = Object.entries({ location, ...place }).map(([key, value]) => ({
      key,
      value: String(value),
    }));
    return { ...tensor, externalData };
  });
  return { ...model, graph: { ...model.graph, initializer } };
}
