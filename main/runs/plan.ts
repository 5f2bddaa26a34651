/** @file From what a person asked for to what will run: inputs checked, config resolved, the record filled in. */
import { MongeError } from '../../native-models/error';
import type { Device } from '../contract/compute';
import type { DatasetInfo } from '../contract/data';
import type { InputDeclaration, MethodDefinition } from '../contract/define';
import { integer, type FieldDescription, type Json } from '../contract/schema';
import type { DataReference, RunRecord, StartRequest } from '../contract/engine';
import { commandOf } from './command';

export interface PlannedInput {
  reference: DataReference;
  info: DatasetInfo;
}

/** Checks that every input the method needs is given and offers what it must. @throws `input-unknown`, `input-missing`, `input-unsuitable` */
export function checkInputs(
  method: MethodDefinition,
  infos: Readonly<Record<string, DatasetInfo | undefined>>,
  config: Readonly<Record<string, Json>> = {},
): void {
  const names = Object.keys(method.inputs);
  const unknown = Object.keys(infos).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new MongeError({
      code: 'input-unknown',
      what: 'this method has no such input',
      where: { key: unknown },
      expected: names.join(', '),
    });
  for (const [name, input] of Object.entries(method.inputs)) {
    if (!inUse(input, config)) continue;
    const info = infos[name];
    if (!info) {
      if (input.optional) continue;
      throw new MongeError({
        code: 'input-missing',
        blame: 'input',
        what: `${method.title} needs data: ${input.title}`,
        where: { key: name },
        help: input.help,
      });
    }
    if (input.needs === 'table') continue;
    const roles = info.columns.map((column) => column.role);
    const features = roles.includes('feature') || roles.includes('image');
    const suits = input.needs === 'text' ? roles.includes('text') : features;
    if (!suits || (input.needs === 'features-and-label' && !roles.includes('label')))
      throw new MongeError({
        code: 'input-unsuitable',
        blame: 'input',
        what: 'the data does not offer what this method needs',
        where: { file: info.path, key: name },
        got: [...new Set(roles)].join(', ') || 'no columns',
        expected: input.needs,
        help: 'correct the roles of the columns',
      });
  }
}

/** Whether a run with these settings looks at the input at all. */
export function inUse(
  { onlyWhen }: Pick<InputDeclaration, 'onlyWhen'>,
  config: Readonly<Record<string, Json>>,
): boolean {
  return !onlyWhen || config[onlyWhen.key] === undefined || onlyWhen.values.includes(config[onlyWhen.key]!);
}

/** Every run has a seed, so every form asks for it; the record keeps it beside the method's own settings. */
const seedField = integer({
  title: 'Seed',
  help: 'Start of every random draw: the same seed, settings and data give the same result.',
  group: 'Run',
  range: [0, Number.MAX_SAFE_INTEGER],
  default: 0,
});

/** All that a person can set for a run of this method. */
export function fieldsOf(method: MethodDefinition): FieldDescription[] {
  return [...method.config.describe(), { key: 'seed', ...seedField.description }];
}

/** Defaults, then the method's suggestion for the data, then what the user set; the seed included. */
export function resolveConfig(
  method: MethodDefinition,
  infos: Readonly<Record<string, DatasetInfo | undefined>>,
  given: Readonly<Record<string, unknown>>,
): Record<string, Json> & { seed: number } {
  const { seed = seedField.description.default, ...own } = given;
  const config = method.config.parse(own, method.suggest?.(infos) ?? {});
  return { ...config, seed: seedField.check('seed', seed) };
}

/** The record of a new run. @throws what `checkInputs` and the config's own check throw. */
export function planRun(
  method: MethodDefinition,
  request: StartRequest,
  planned: Readonly<Record<string, PlannedInput>>,
  engine: { threads: number; versions: Record<string, string>; now: Date },
): (id: string) => RunRecord {
  const infos = Object.fromEntries(Object.entries(planned).map(([name, { info }]) => [name, info]));
  const { seed, ...config } = resolveConfig(method, infos, { seed: request.seed, ...request.config });
  checkInputs(method, infos, config);
  const inputs = Object.keys(method.inputs).filter((input) => inUse(method.inputs[input]!, config));
  const data = inputs.flatMap((name) => (planned[name] ? [planned[name].reference] : []));
  const command = commandOf({
    method: method.id,
    inputs,
    data,
    config,
    given: Object.keys(request.config).filter((key) => key !== 'seed'),
    fields: method.config.describe(),
    seed,
  });
  const name = request.name?.trim().slice(0, 200) || `${method.title} · ${data[0]?.name ?? 'no data'}`;
  return (id) => ({
    id,
    name,
    method: method.id,
    status: 'queued',
    config,
    seed,
    data,
    device: { asked: deviceOf(config), used: null, threads: engine.threads },
    versions: engine.versions,
    created: engine.now.toISOString(),
    started: null,
    finished: null,
    seconds: 0,
    progress: { stage: 'queued', step: 0, steps: 0, secondsLeft: null, stepsPerSecond: null },
    metrics: {},
    snapshots: [],
    artifacts: [],
    notices: [],
    error: null,
    command,
    notes: '',
    ...(request.tags?.length ? { tags: [...request.tags] } : {}),
  });
}

function deviceOf(config: Readonly<Record<string, Json>>): Device {
  const { device } = config;
  return device === 'cpu' || device === 'webgpu' ? device : 'auto';
}
