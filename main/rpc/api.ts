/** @file Every call a view may make, with the shape of its arguments; nothing reaches the engine unchecked. */
import * as v from 'valibot';
import { errorDetail, MongeError } from '../../native-models/error';
import type { ApiPolicy } from '../disk/path-policy';
import type { EngineApi, Role } from '../contract/engine';
import { inputKinds } from '../contract/inputs';
import {
  argument,
  bytes,
  config,
  count,
  data,
  fileName,
  identifier,
  inputs,
  path,
  seed,
  shortText,
  type Argument,
} from './arguments';
import { studyCalls } from './study-arguments';
import { languageJob, languageQuestion } from './language-arguments';
import {
  ofData,
  ofInputs,
  ofModel,
  ofQuestion,
  ownOnes,
  recentLists,
  refuseOthers,
  type GuardedEngine,
} from './opened-elsewhere';

type Row<P extends unknown[]> = { [I in keyof P]-?: Argument<P[I]> };
type ArgumentsOf<M extends keyof EngineApi> = Row<Parameters<EngineApi[M]>>;
/** Calls are looked up by name only after the name was checked against the table. */
type AnyCall = (...args: unknown[]) => Promise<unknown>;

const kind = v.picklist(inputKinds);
const role = v.picklist([
  'feature',
  'target',
  'label',
  'image',
  'text',
  'ignore',
] as const satisfies readonly Role[]);
const text = v.pipe(v.string(), v.maxLength(10_000));
const viewRequest = v.strictObject({
  graph: count,
  open: v.pipe(v.array(text), v.maxLength(2000)),
  values: v.exactOptional(v.pipe(v.array(text), v.maxLength(10_000))),
});
const profileRequest = v.strictObject({
  sizes: v.pipe(v.record(shortText, v.pipe(count, v.maxValue(2 ** 31))), v.maxEntries(1000)),
  runs: v.pipe(count, v.minValue(1), v.maxValue(100)),
  optimisation: v.picklist(['disabled', 'basic'] as const),
});
const roles = v.pipe(v.record(v.pipe(v.string(), v.maxLength(10_000)), role), v.maxEntries(100_000));

const claimsRequest = v.strictObject({
  ids: v.optional(v.pipe(v.array(identifier), v.maxLength(100))),
  quick: v.boolean(),
  seeds: v.optional(v.pipe(count, v.minValue(1), v.maxValue(100))),
  data: v.optional(data),
  fresh: v.optional(v.boolean()),
});

/** One row per method: the names and schemas of its arguments, in order; a trailing `v.optional` may be left out. */
export const apiTable: { readonly [M in keyof EngineApi]: ArgumentsOf<M> } = {
  hello: [],
  samples: [],
  openSample: [argument('id', identifier)],
  openPath: [argument('path', path), argument('as', v.optional(kind))],
  beginUpload: [
    argument('name', fileName),
    argument('bytes', count),
    argument('group', v.optional(identifier)),
  ],
  appendUpload: [argument('upload', identifier), argument('offset', count), argument('bytes', bytes)],
  finishUpload: [argument('upload', identifier), argument('as', v.optional(kind))],
  cancelUpload: [argument('upload', identifier)],
  recentDatasets: [],
  dataset: [argument('id', identifier, ofData)],
  setRoles: [argument('id', identifier, ofData), argument('roles', roles)],
  previewRows: [
    argument('id', identifier, ofData),
    argument('offset', count),
    argument('count', v.pipe(count, v.maxValue(10_000))),
  ],
  previewPoints: [
    argument('id', identifier, ofData),
    argument('maximum', v.pipe(count, v.maxValue(10_000_000))),
  ],
  previewImages: [
    argument('id', identifier, ofData),
    argument('rows', v.pipe(v.array(count), v.maxLength(10_000))),
  ],
  sampleModels: [],
  openSampleModel: [argument('id', identifier)],
  openRunModel: [argument('run', identifier), argument('part', v.picklist(['model', 'training'] as const))],
  recentModels: [],
  model: [argument('id', identifier, ofModel)],
  viewModel: [argument('id', identifier, ofModel), argument('request', viewRequest)],
  modelNode: [argument('id', identifier, ofModel), argument('node', count)],
  findNodes: [argument('id', identifier, ofModel), argument('text', shortText)],
  modelTensors: [argument('id', identifier, ofModel)],
  exportNodes: [argument('id', identifier, ofModel), argument('graph', count)],
  profileModel: [argument('id', identifier, ofModel), argument('request', profileRequest)],
  stopProfile: [],
  language: [argument('model', identifier, ofModel), argument('question', languageQuestion, ofQuestion)],
  languageJob: [
    argument('model', identifier, ofModel),
    argument('call', identifier),
    argument('job', languageJob),
  ],
  stopLanguage: [argument('call', identifier)],
  methods: [],
  resolveConfig: [
    argument('method', identifier),
    argument('data', inputs, ofInputs),
    argument('config', config),
  ],
  startRun: [
    argument(
      'request',
      v.strictObject({
        method: identifier,
        data: inputs,
        config,
        seed,
        name: v.optional(shortText),
        tags: v.optional(v.pipe(v.array(shortText), v.maxLength(50))),
      }),
      ({ data: given }) => ofInputs(given),
    ),
  ],
  stopRun: [argument('id', identifier)],
  resumeRun: [argument('id', identifier)],
  listRuns: [],
  run: [argument('id', identifier)],
  renameRun: [
    argument('id', identifier),
    argument(
      'change',
      v.strictObject({
        name: v.optional(shortText),
        notes: v.optional(v.pipe(v.string(), v.maxLength(100_000))),
      }),
    ),
  ],
  trashRun: [argument('id', identifier)],
  restoreRun: [argument('id', identifier)],
  curves: [
    argument('id', identifier),
    argument('names', v.optional(v.pipe(v.array(shortText), v.maxLength(1000)))),
  ],
  query: [argument('id', identifier), argument('name', identifier), argument('args', v.unknown())],
  figure: [argument('id', identifier), argument('name', identifier), argument('args', config)],
  artifact: [argument('id', identifier), argument('name', fileName)],
  exportRun: [argument('id', identifier), argument('kind', v.picklist(['onnx', 'csv', 'zip'] as const))],
  claims: [argument('method', identifier)],
  claimsProgress: [argument('method', identifier)],
  runClaims: [
    argument('method', identifier),
    argument('request', claimsRequest, ({ data: given }) => ofInputs(given ?? {})),
  ],
  stopClaims: [argument('method', identifier)],
  ...studyCalls,
};

/** The engine behind its checks: same methods, but bad arguments give `bad-request` and a path needs the policy's consent. */
export function guardApi(engine: GuardedEngine, policy: ApiPolicy): EngineApi {
  const guarded = Object.keys(apiTable).map((name) => {
    const method = name as keyof EngineApi;
    return [method, (...given: unknown[]) => callChecked(engine, policy, method, given)] as const;
  });
  return Object.fromEntries(guarded) as unknown as EngineApi;
}

/** Throws `call-unknown` unless `name` is a method of the contract. */
export function assertMethod(name: unknown): asserts name is keyof EngineApi {
  if (typeof name === 'string' && Object.hasOwn(apiTable, name)) return;
  throw new MongeError({
    code: 'call-unknown',
    what: 'the engine has no such method',
    where: { key: String(name).slice(0, 100) },
    help: 'Reload the view; it may be of another version than the engine.',
  });
}

async function callChecked(
  engine: GuardedEngine,
  policy: ApiPolicy,
  method: keyof EngineApi,
  given: readonly unknown[],
): Promise<unknown> {
  try {
    const checked = checkArguments(method, given);
    if (method === 'openPath') checked[0] = await policy.allowPath(checked[0] as string);
    const row: readonly Argument<unknown>[] = apiTable[method];
    for (const [index, value] of checked.entries())
      if (value !== undefined) await refuseOthers(engine, policy, row[index]!.opened(value));
    const answer = await (engine as unknown as Record<string, AnyCall>)[method]!(...checked);
    return recentLists.has(method) ? await ownOnes(answer as { path: string }[], policy) : answer;
  } catch (thrown) {
    throw thrown instanceof MongeError ? thrown : new MongeError(errorDetail(thrown), { cause: thrown });
  }
}

function checkArguments(method: keyof EngineApi, given: readonly unknown[]): unknown[] {
  const row: readonly Argument<unknown>[] = apiTable[method];
  if (given.length > row.length)
    throw badRequest(method, `${given.length} arguments`, `at most ${row.length}`);
  const checked = row.map(({ name, schema }, i) => {
    const result = v.safeParse(schema, given[i], { abortEarly: true });
    if (result.success) return result.output;
    const issue = result.issues[0];
    const inside = v.getDotPath(issue);
    const key = `${method}(${name}${inside === null ? '' : `.${inside}`})`;
    // Words of our own say what goes; those of the library only what it compared.
    const own = !issue.message.startsWith('Invalid ');
    throw badRequest(key, clip(issue.received), own ? issue.message : (issue.expected ?? issue.message));
  });
  // What may be left out and was, stays left out.
  return checked.slice(0, given.length);
}

function badRequest(key: string, got: string, expected: string): MongeError {
  return new MongeError({
    code: 'bad-request',
    what: 'a call has wrong arguments',
    where: { key },
    got,
    expected,
  });
}

function clip(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
