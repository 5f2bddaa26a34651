/** @file From declared experiments to the trainings they need: data opened, settings resolved, each known by a key. */
import { createHash } from 'node:crypto';
import { MongeError } from '../../native-models/error';
import type { DatasetInfo } from '../contract/data';
import type { Claim, ClaimInput, ClaimScale, ClaimTraining } from '../contract/claim';
import type { MethodDefinition } from '../contract/define';
import type { InputDeclarations } from '../contract/inputs';
import type { Json } from '../contract/schema';
import type { InputIds, ModelInfo, RunRecord } from '../contract/engine';
import { infosOf, type PlannedInput } from '../runs/inputs';
import { checkInputs, resolveConfig } from '../runs/plan';

/** A training with what is needed to start it and to know its run again. */
export interface PlannedTraining {
  training: ClaimTraining;
  /** Ids of what was opened, by input of the method. */
  data: InputIds;
  /** Method, settings, seed, contents of the data and versions as one hash: equal keys, equal results. */
  key: string;
  /** The key without the seed, to guess how long a run takes. */
  armKey: string;
  /** Every declared claim that needs this training at this scale. */
  claims: string[];
}

/** What planning needs of the engine. */
export interface PlanningHost {
  openSample(id: string): Promise<DatasetInfo>;
  openSampleModel(id: string): Promise<ModelInfo>;
  plannedInputs(declared: InputDeclarations, data: Readonly<InputIds>): Promise<PlannedInput[]>;
  versions: Record<string, string>;
}

/** The seeds of a claim: 0 … count − 1. */
export function scaleOf(claim: Claim, quick: boolean, seeds?: number): ClaimScale {
  const count = seeds ?? claim.seeds[quick ? 'quick' : 'full'];
  return { quick, seeds: Array.from({ length: count }, (_, seed) => seed) };
}

/**
 * The trainings of a claim, keyed. Throws what the method's settings refuse, so that a bad experiment is found before
 * hours are spent on it.
 */
export async function planTrainings(
  host: PlanningHost,
  method: MethodDefinition,
  trainings: readonly ClaimTraining[],
  given: Readonly<Record<string, string>>,
): Promise<PlannedTraining[]> {
  const opened = new Map<string, Promise<Opened>>();
  const planned: PlannedTraining[] = [];
  for (const training of trainings) {
    const wanted = JSON.stringify(training.data ?? {});
    const data = await (opened.get(wanted) ??
      remember(opened, wanted, openData(host, method, training, given)));
    const { seed, ...config } = resolveConfig(method, infosOf(data.planned), {
      ...training.config,
      seed: training.seed,
    });
    checkInputs(method, data.planned, config);
    const inputs = data.planned.map(({ reference }) => reference);
    const identity = { method: method.id, config, inputs, versions: host.versions };
    planned.push({
      training,
      data: data.ids,
      key: keyOf({ ...identity, seed }),
      armKey: keyOf({ ...identity, seed: 0 }),
      claims: [],
    });
  }
  return planned;
}

/** The key of a run that exists, to be compared with those of planned trainings. */
export function keyOf(run: Pick<RunRecord, 'method' | 'config' | 'seed' | 'versions' | 'inputs'>): string {
  const data = run.inputs.map((one) => ({
    input: one.input,
    sha256: one.sha256,
    roles: one.kind === 'dataset' ? one.roles : {},
  }));
  const { monge = '', onnxruntime = '', platform = '' } = run.versions;
  const identity = {
    method: run.method,
    config: run.config,
    seed: run.seed,
    data: data.sort((a, b) => a.input.localeCompare(b.input)),
    versions: { monge, onnxruntime, platform },
  };
  return createHash('sha256').update(canonical(identity)).digest('hex');
}

/** JSON with the keys of every object in order. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key]!)}`).join(',')}}`;
}

interface Opened {
  ids: InputIds;
  planned: PlannedInput[];
}

async function openData(
  host: PlanningHost,
  method: MethodDefinition,
  training: ClaimTraining,
  given: Readonly<Record<string, string>>,
): Promise<Opened> {
  const ids: InputIds = {};
  for (const [input, from] of Object.entries(training.data ?? {})) {
    if (!isList(from)) ids[input] = await open(from);
    else {
      const list: string[] = [];
      for (const one of from) list.push(await open(one));
      ids[input] = list;
    }
  }
  return { ids, planned: await host.plannedInputs(method.inputs, ids) };

  async function open(from: ClaimInput): Promise<string> {
    if ('sample' in from) return (await host.openSample(from.sample)).id;
    if ('sampleModel' in from) return (await host.openSampleModel(from.sampleModel)).id;
    const id = given[from.given];
    if (id !== undefined) return id;
    throw new MongeError({
      code: 'claim-data-missing',
      what: 'this experiment needs data that was not given',
      where: { key: from.given },
    });
  }
}

const isList = (from: ClaimInput | readonly ClaimInput[]): from is readonly ClaimInput[] =>
  Array.isArray(from);

function remember<T>(map: Map<string, Promise<T>>, key: string, value: Promise<T>): Promise<T> {
  map.set(key, value);
  return value;
}
