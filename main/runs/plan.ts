/** @file From what a person asked for to what will run: inputs checked, config resolved, the record filled in. */
import { MongeError } from '../../native-models/error';
import type { Device } from '../contract/compute';
import type { DatasetInfo } from '../contract/data';
import type { MethodDefinition } from '../contract/define';
import type { ModelInfo, RunRecord, StartRequest } from '../contract/engine';
import { inUse, type DatasetDeclaration, type DatasetInfos, type InputKind } from '../contract/inputs';
import { section, type FieldDescription, type Json } from '../contract/schema';
import { withoutFormerSettings } from '../disk/older';
import { recordOf } from '../disk/record';
import { commandOf } from './command';
import { infosOf, type PlannedInput } from './inputs';

/** Checks that every input the method needs is given and offers what it must. @throws `input-unknown`, `input-missing`, `input-unsuitable` */
export function checkInputs(
  method: MethodDefinition,
  planned: readonly PlannedInput[],
  config: Readonly<Record<string, Json>> = {},
): void {
  const names = Object.keys(method.inputs);
  const unknown = planned.find(({ reference }) => !names.includes(reference.input));
  if (unknown)
    throw new MongeError({
      code: 'input-unknown',
      what: 'this method has no such input',
      where: { key: unknown.reference.input },
      expected: names.join(', '),
    });
  for (const [name, input] of Object.entries(method.inputs)) {
    if (!inUse(input, config)) continue;
    const given = planned.filter(({ reference }) => reference.input === name);
    if (given.length === 0 && !input.optional)
      throw new MongeError({
        code: 'input-missing',
        blame: 'input',
        what: `${method.title} needs ${wordOf[input.kind]}: ${input.title}`,
        where: { key: name },
        help: input.help,
      });
    if (given.length > 1 && !input.several)
      throw new MongeError({
        code: 'input-unsuitable',
        blame: 'input',
        what: 'this input takes one and no more',
        where: { key: name },
        got: String(given.length),
      });
    if (input.kind === 'model' && input.needs === 'language')
      for (const { model } of given) if (model) checkLanguage(name, model);
    if (input.kind === 'dataset') for (const { info } of given) if (info) checkRoles(name, input, info);
  }
}

/** What cannot be run as a language model tells why. */
function checkLanguage(
  key: string,
  { path, format, checkpoint, language, languageProblem }: ModelInfo,
): void {
  const problem = checkpoint?.problem ?? languageProblem;
  if (problem)
    throw new MongeError({
      ...problem,
      blame: 'input',
      where: { ...problem.where, file: problem.where?.file ?? path },
    });
  const images = language?.kind === 'image';
  if ((format !== 'onnx' || language) && !images) return;
  throw new MongeError({
    code: 'model-not-language',
    blame: 'input',
    what: 'this method needs a language model with its tokenizer',
    where: { file: path, key },
    got: images ? 'a model of images' : 'an ONNX file that reads no tokens',
    expected: 'a GGUF file, or a folder with config.json, safetensors or an .onnx file, and tokenizer.json',
  });
}

const wordOf: Record<InputKind, string> = {
  dataset: 'data',
  model: 'a model',
  vectors: 'vectors',
  text: 'text',
  run: 'an earlier run',
};

function checkRoles(name: string, { needs }: DatasetDeclaration, info: DatasetInfo): void {
  if (needs === 'table') return;
  const roles = info.columns.map((column) => column.role);
  const features = roles.includes('feature') || roles.includes('image');
  // A few texts, or texts that come again, are taken for categories, which have no role by themselves.
  const worded = info.columns.some(
    ({ role, kind }) => role === 'text' || (kind === 'category' && role !== 'label'),
  );
  const suits = needs === 'text' ? worded : features;
  if (!suits || (needs === 'features-and-label' && !roles.includes('label')))
    throw new MongeError({
      code: 'input-unsuitable',
      blame: 'input',
      what: 'the data does not offer what this method needs',
      where: { file: info.path, key: name },
      got: [...new Set(roles)].join(', ') || 'no columns',
      expected: needs,
      help: 'correct the roles of the columns',
    });
}

const [ofRun] = section('Run');
/** Every run has a seed, so every form asks for it; the record keeps it beside the method's own settings. */
const seedField = ofRun(
  'Seed: Start of every random draw: the same seed, settings and data give the same result.',
).integer(0, [0, Number.MAX_SAFE_INTEGER]);

/** All that a person can set for a run of this method. */
export function fieldsOf(method: MethodDefinition): FieldDescription[] {
  return [...method.config.describe(), { key: 'seed', ...seedField.description }];
}

/**
 * Defaults, then the method's suggestion for the data, then what the user set; the seed included.
 * @throws `setting-is-input` for a setting of an earlier version, and what the method's config refuses
 */
export function resolveConfig(
  method: MethodDefinition,
  infos: DatasetInfos,
  given: Readonly<Record<string, unknown>>,
): Record<string, Json> & { seed: number } {
  const { seed = seedField.description.default, ...own } = withoutFormerSettings(method.id, given);
  const config = method.config.parse(own, method.suggest?.(infos) ?? {});
  return { ...config, seed: seedField.check('seed', seed) };
}

/** The record of a new run. @throws what `checkInputs` and the config's own check throw. */
export function planRun(
  method: MethodDefinition,
  request: StartRequest,
  planned: readonly PlannedInput[],
  engine: { threads: number; versions: Record<string, string>; now: Date },
): (id: string) => RunRecord {
  const { seed, ...config } = resolveConfig(method, infosOf(planned), {
    seed: request.seed,
    ...request.config,
  });
  checkInputs(method, planned, config);
  const declared = Object.entries(method.inputs).filter(([, input]) => inUse(input, config));
  const inputs = declared.flatMap(([name]) =>
    planned.flatMap(({ reference }) => (reference.input === name ? [reference] : [])),
  );
  const command = commandOf({
    method: method.id,
    declared: Object.fromEntries(declared),
    inputs,
    config,
    given: Object.keys(request.config).filter((key) => key !== 'seed'),
    fields: method.config.describe(),
    seed,
  });
  const first = inputs.find(({ kind }) => kind === 'dataset') ?? inputs[0];
  const name = request.name?.trim().slice(0, 200) || `${method.title} · ${first?.name ?? 'no data'}`;
  const { tags } = request;
  return (id) =>
    recordOf(
      {
        ...{ id, name, method: method.id, status: 'queued', config, seed, inputs },
        device: { asked: deviceOf(config), used: null, threads: engine.threads },
        versions: engine.versions,
        created: engine.now.toISOString(),
        error: null,
        command,
        ...(tags?.length && { tags: [...tags] }),
      },
      'queued',
    );
}

function deviceOf(config: Readonly<Record<string, Json>>): Device {
  const { device } = config;
  return device === 'cpu' || device === 'webgpu' ? device : 'auto';
}
