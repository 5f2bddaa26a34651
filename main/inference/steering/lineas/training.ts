/** @file The sessions of one LinEAS fit and the state between its steps. */
import { initialState, parametersOf, type TensorType, type TrainingProgram } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { HostTensor, Session } from '../../../contract/compute';
import type { RowMatrix } from '../../../contract/projection';
import type { HookMap } from '../../../contract/steering';
import { makeMap } from '../../../steering/map';
import type { HookedModel } from '../../insides/runs';
import { sortedRows, textsOf } from './batches';
import { cutAtMaps, type CutGraph } from './cut';
import { firstTokens, paddedFeeds, pooledName, type PooledGraph } from './forward';
import { lineasProgram, targetInput, withWeightsInside, type LineasHook } from './program';
import { requireRoom } from './room';
import type { LineasSettings } from './settings';

/** A loss this many times the first comes back no more. */
const DIVERGED = 1e3;

export interface TrainingRequest {
  /** Token ids of the source texts. */
  source: readonly (readonly number[])[];
  /** Clean values of the target texts by hook. */
  target: ReadonlyMap<string, RowMatrix>;
  hooks: readonly LineasHook[];
  /** Texts of each side in a step. */
  batch: number;
  settings: LineasSettings;
}

/** Opened by `begin`, asked step by step, closed by whoever made it. */
export class LineasTraining {
  readonly #model: HookedModel;
  readonly #cut: CutGraph;
  readonly #request: TrainingRequest;
  readonly #width: number;
  #before: Session | null = null;
  #steps: Session | null = null;
  #program: TrainingProgram | null = null;
  #state: Record<string, HostTensor> = {};
  #first: number | null = null;
  /** What a step is fed of its texts; kept where every step has the same. */
  #fed: { key: string; feeds: Record<string, HostTensor> } | null = null;

  constructor(model: HookedModel, { model: graph, plan, hooks }: PooledGraph, request: TrainingRequest) {
    this.#model = model;
    this.#request = request;
    this.#cut = cutAtMaps(
      graph,
      plan,
      hooks.map(({ id }) => pooledName(id)),
    );
    this.#width = Math.max(...request.source.map(({ length }) => length));
  }

  /** Compiles the step and opens its sessions; maps that are not given begin at the identity. @throws `operator-unlifted`, `lineas-memory` */
  async begin(initial: readonly HookMap[]): Promise<void> {
    const { hooks, batch, settings } = this.#request;
    this.#before = await this.#model.open(this.#cut.before, 'extended');
    const first = await this.#feedsOf(0);
    const between = Object.fromEntries(
      this.#cut.between.map((name): [string, TensorType] => {
        const { type, dims } = first[name]!;
        return [name, { dtype: type as TensorType['dtype'], shape: dims.slice(1) }];
      }),
    );
    const program = lineasProgram(this.#cut, {
      ...{ hooks, batch, between },
      optimiser: settings.optimiser,
      pooled: Object.fromEntries(hooks.map(({ id }) => [id, pooledName(id)])),
    });
    requireRoom(program);
    this.#program = program;
    this.#steps = await this.#model.open(withWeightsInside(program, this.#cut), 'extended');
    const parameters = Object.fromEntries(hooks.map((hook) => [hook.id, startOf(hook, initial)]));
    for (const [name, { data, shape }] of Object.entries(initialState(program, parameters)))
      this.#state[name] = { type: 'float32', data, dims: shape };
  }

  /** One step, numbered from 0; answers the loss before it. @throws `lineas-diverged` */
  async step(step: number): Promise<number> {
    const { hooks, settings } = this.#request;
    const { rate, lasso, optimiser } = settings;
    const { hyper, groups } = this.#program!;
    // The loss is a sum over units: a rate is for its mean, which is nothing to Adam.
    const rates = groups.map((units) => (optimiser === 'sgd' ? 1 / Number(units) : 1));
    const numbers: Record<string, number> = {
      ...{ weightDecay: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      ...{ lassoColumns: lasso.units, lassoGroup: lasso.hooks },
    };
    const valued = Object.entries(hyper).map(([name, { shape }]): [string, HostTensor] => {
      const values = name === 'learningRates' ? rates : groups.map(() => numbers[name]!);
      return [name, { type: 'float32', data: Float32Array.from(values), dims: shape.map(Number) }];
    });
    const learningRate = groups.length > 1 ? rate : rate * rates[0]!;
    const answer = await this.#steps!.run({
      ...this.#state,
      ...(await this.#feedsOf(step)),
      ...Object.fromEntries(valued),
      learningRate: { type: 'float32', data: Float32Array.of(learningRate), dims: [1] },
    });
    const units = hooks.reduce((sum, hook) => sum + hook.units, 0);
    const loss = (answer.loss!.data as Float32Array)[0]! / units;
    this.#first ??= loss;
    if (!(loss <= DIVERGED * this.#first)) throw diverged(step, loss, settings);
    for (const name of Object.keys(this.#state)) this.#state[name] = answer[`next.${name}`]!;
    return loss;
  }

  /** As they are now, in the order of the hooks. */
  maps(): HookMap[] {
    const state = this.#state as Record<string, { data: Float32Array }>;
    const parameters = parametersOf(this.#program!, state, 'current');
    return this.#request.hooks.map((hook) => mapOf(hook, parameters[hook.id]!.data));
  }

  async close(): Promise<void> {
    await this.#before?.close();
    await this.#steps?.close();
  }

  async #feedsOf(step: number): Promise<Record<string, HostTensor>> {
    const { source, target, hooks, batch, settings } = this.#request;
    const from = textsOf('source', source.length, batch, settings.seed, step);
    const texts = target.get(hooks[0]!.id)!.rows;
    const to = textsOf('target', texts, batch, settings.seed, step);
    const key = `${from.join()} ${to.join()}`;
    if (this.#fed?.key === key) return this.#fed.feeds;
    const tokens = paddedFeeds(
      Array.from(from, (text) => source[text]!),
      this.#width,
    );
    const before = this.#before!;
    const given = Object.entries({ ...tokens, ...firstTokens(before, tokens) });
    const between = await before.run(
      Object.fromEntries(given.filter(([name]) => before.inputNames.includes(name))),
    );
    const feeds: Record<string, HostTensor> = {};
    for (const name of this.#cut.between) {
      const { type, data, dims } = between[name]!;
      feeds[name] = { type, data, dims: [1, ...dims] };
    }
    for (const { id, units } of hooks)
      feeds[targetInput(id)] = {
        type: 'float32',
        data: sortedRows(target.get(id)!, to),
        dims: [1, batch, units],
      };
    this.#fed = { key, feeds };
    return feeds;
  }
}

/** Slopes and shifts, [2, units], of the map that a hook begins with. */
function startOf({ id, units, mean, scale }: LineasHook, initial: readonly HookMap[]): Float32Array {
  const start = new Float32Array(2 * units);
  const map = initial.find(({ hook }) => hook === id);
  for (let unit = 0; map && unit < units; unit++) {
    if (map.units[unit] === 0) continue;
    start[unit] = map.w[unit]! - 1;
    start[units + unit] = (map.beta[unit]! + (map.w[unit]! - 1) * mean[unit]!) / scale;
  }
  return start;
}

/** The map of learned slopes and shifts; a unit that has neither is off. */
function mapOf({ id, units, mean, scale }: LineasHook, parameter: Float32Array): HookMap {
  const slope = (unit: number) => parameter[unit]!;
  const shift = (unit: number) => parameter[units + unit]!;
  return makeMap({
    hook: id,
    w: Float64Array.from({ length: units }, (_, unit) => 1 + slope(unit)),
    beta: Float64Array.from({ length: units }, (_, unit) => shift(unit) * scale - slope(unit) * mean[unit]!),
    units: Uint8Array.from({ length: units }, (_, unit) => Number(slope(unit) !== 0 || shift(unit) !== 0)),
  });
}

function diverged(step: number, loss: number, { rate, optimiser }: LineasSettings): MongeError {
  return new MongeError({
    code: 'lineas-diverged',
    blame: 'input',
    what: 'the loss grew beyond all bounds while the maps were learned',
    where: { key: 'rate' },
    got: `${loss} at step ${step + 1}, ${optimiser} at rate ${rate}`,
    help: 'take a smaller rate',
  });
}
