/** @file `monge inspect`: what a data set or a model file is, from the file itself; and a model run once or profiled. */
import { resolve } from 'node:path';
import { errorDetail } from '../../../native-models/error';
import { scratchRunsFolder, weightCacheFolder } from '../../disk/paths';
import { datasetOf, isModelInfo } from '../../models/opened';
import { looksLikeCheckpoint, looksLikeOnnx } from '../../models/read';
import { isSafetensors } from '../../models/safetensors-files';
import { readsTokens } from '../../models/token-inputs';
import type { ColumnInfo, DatasetInfo, ProfileSummary } from '../../contract/engine';
import type { LanguageFacts } from '../../contract/language';
import type { ModelFacts, ModelInfo, StoredTensor } from '../../contract/models';
import type { ForeignFiles } from '../../jobs/foreign-kinds';
import type { ModelQuestion } from '../../models/open-models';
import { flag, parsePairs, text, usage, word, type Parsed } from '../arguments';
import type { CommandLine } from '../command';
import { describeCheckpointFacts } from '../checkpoint-text';
import { withEngine, withForeign, type CliHost } from '../host';
import { describeLanguage, describeModel, describeProfile, type ToldLanguage } from '../model-text';
import { inspectPicture } from '../inspect-picture';
import { runModel } from '../run-model';
import { describeTensors, npzFacts, tensorTable } from '../tensor-facts';
import { numberText, table } from '../text';

export const inspect: CommandLine = {
  summary:
    'Say what a data set or model file is; with --run, run the model once; with --image, show it a picture',
  flags: {
    args: {
      file: word(
        'a data file, a folder of images, or a model: .onnx, .gguf, .safetensors or its folder, .npz',
      ),
      run: text('run the .onnx model on the arrays of this .npz, by name'),
      out: text(
        'with --run: write what comes out to this new .npz; with --image: the colours to this new .png',
      ),
      device: text('with --run: auto, cpu or webgpu'),
      threads: text('with --run or --image: threads (all)'),
      image: text('show this PNG or JPEG to a model of images: its patches as colours of three components'),
      hook: text('with --image: where in the model (resid_post of the last block)'),
      fit: text('with --image: fit the components on this picture instead; may be repeated'),
      patches: text('with --image: write components, scale and hashes to this new .json'),
      recipe: text('with --image: draw by such a .json'),
      profile: flag('run the .onnx model on made-up inputs and time its nodes'),
      size: text('NAME=NUMBER for a size the model leaves open (1); may be repeated'),
      runs: text('timed runs of a profile (5)'),
      json: flag('JSON on standard output'),
    },
    repeated: ['size', 'fit'],
  },
  async run(parsed, host) {
    const path = resolve(parsed.words[0]!);
    const isOnnx = /\.onnx$/i.test(path) || (await looksLikeOnnx(path));
    if (parsed.text('run') !== undefined) {
      if (!isOnnx) throw usage('only an .onnx model can be run', '--run', path);
      return runModel(path, parsed, host);
    }
    if (parsed.text('image') !== undefined) return inspectPicture(path, parsed, host);
    const shows = ['hook', 'fit', 'patches', 'recipe'].find((name) => parsed.texts(name).length > 0);
    if (shows) throw usage('this says how a picture is shown', `--${shows}`, undefined, '--image');
    const alone = ['out', 'device', 'threads'].find((name) => parsed.text(name) !== undefined);
    if (alone)
      throw usage('this says how to run a model, which needs inputs', `--${alone}`, undefined, '--run');
    if (parsed.flag('profile') && !isOnnx)
      throw usage('only a model can be profiled', '--profile', path, 'an .onnx file');
    const json = parsed.flag('json');
    if (isOnnx) {
      const { facts, language } = await factsOf(path, host);
      const profile = parsed.flag('profile') ? await profileOf(path, parsed, host) : null;
      if (json)
        host.print(JSON.stringify({ ...facts, ...(language && { language }), ...(profile && { profile }) }));
      else {
        const parts = [
          describeModel(facts),
          ...(language ? [describeLanguage(language)] : []),
          ...(profile ? [describeProfile(profile)] : []),
        ];
        host.print(parts.join('\n\n'));
      }
    } else if ((await isSafetensors(path)) || (await looksLikeCheckpoint(path))) {
      const { info, tensors } = await checkpointOf(path, host);
      const facts = info.checkpoint!;
      host.print(json ? JSON.stringify({ ...facts, tensors }) : describeCheckpointFacts(facts, tensors));
    } else if (/\.npz$/i.test(path)) await inspectArrays(path, json, host);
    else {
      const info = await datasetInfo(path, host);
      host.print(json ? JSON.stringify(info) : describeDataset(info));
    }
    return 0;
  },
};

/** Without an engine: what a file is told by the process that reads it; of one that reads tokens what it is as a language model too. */
async function factsOf(
  path: string,
  host: CliHost,
): Promise<{ facts: ModelFacts; language: ToldLanguage | null }> {
  return withForeign(host, async (foreign) => {
    const { facts } = await askModel<ModelInfo>(foreign, path, { kind: 'info' });
    if (!readsTokens(facts.inputs)) return { facts, language: null };
    const cacheFolder = weightCacheFolder(host.environment);
    const asked = { kind: 'language' as const, path, ask: { kind: 'facts' as const }, cacheFolder };
    const language = await foreign.ask({ ...asked, threads: 1 }, undefined, { file: path }).then(
      (found) => found as LanguageFacts,
      (thrown: unknown) => ({ problem: errorDetail(thrown) }),
    );
    return { facts, language };
  });
}

async function checkpointOf(
  path: string,
  host: CliHost,
): Promise<{ info: ModelInfo; tensors: StoredTensor[] }> {
  return withForeign(host, async (foreign) => ({
    info: await askModel<ModelInfo>(foreign, path, { kind: 'info' }),
    tensors: await askModel<StoredTensor[]>(foreign, path, { kind: 'tensors' }),
  }));
}

async function askModel<T>(foreign: ForeignFiles, path: string, ask: ModelQuestion): Promise<T> {
  const asked = { kind: 'model' as const, path, id: null, ask, profile: null };
  return (await foreign.ask(asked, undefined, { file: path })) as T;
}

async function datasetInfo(path: string, host: CliHost): Promise<DatasetInfo> {
  const runsFolder = scratchRunsFolder(host.environment);
  return datasetOf(
    await withEngine(host, { runsFolder, transport: 'port' }, (engine) => engine.openPath(path)),
  );
}

/** An `.npz` may be a data set, the weights of a model, or both: its arrays are listed whatever they are for. */
async function inspectArrays(path: string, json: boolean, host: CliHost): Promise<void> {
  let info: DatasetInfo;
  try {
    info = await datasetInfo(path, host);
  } catch (thrown) {
    // Arrays that make no table are still arrays; a damaged file is damaged either way.
    const facts = await npzFacts(path).catch(() => {
      throw thrown;
    });
    host.print(json ? JSON.stringify(facts) : describeTensors(facts));
    if (!json) host.tell(`note: no data set: ${errorDetail(thrown).what}\n`);
    return;
  }
  const facts = await npzFacts(path);
  if (json) host.print(JSON.stringify({ ...info, tensors: facts.tensors, parameters: facts.parameters }));
  else host.print(`${describeDataset(info)}\n\n${tensorTable(facts)}`);
}

async function profileOf(path: string, parsed: Parsed, host: CliHost): Promise<ProfileSummary> {
  const sizes = Object.fromEntries(
    Object.entries(parsePairs('size', parsed.texts('size'))).map(([name, text]) => {
      const size = Number(text);
      if (!Number.isInteger(size) || size < 0)
        throw usage('a size is no whole number', `--size ${name}`, text);
      return [name, size];
    }),
  );
  const runs = parsed.whole('runs', 1, 100) ?? 5;
  const runsFolder = scratchRunsFolder(host.environment);
  return withEngine(host, { runsFolder, transport: 'port' }, async (engine) => {
    const release = host.onSignal(() => void engine.stopProfile());
    try {
      const info = await engine.openPath(path);
      if (!isModelInfo(info)) throw usage('only a model can be profiled', '--profile', path, 'an .onnx file');
      return await engine.profileModel(info.id, { sizes, runs, optimisation: 'basic' });
    } finally {
      release();
    }
  });
}

function describeDataset(info: DatasetInfo): string {
  const facts = [
    ['file', info.path],
    ['format', info.compression === 'none' ? info.format : `${info.format} (${info.compression})`],
    ['size', `${info.bytes} bytes`],
    ['sha256', info.sha256],
    ['rows', String(info.rows)],
  ];
  const heading = [
    'COLUMN',
    'KIND',
    'ROLE',
    'WIDTH',
    'MISSING',
    'MINIMUM',
    'MAXIMUM',
    'MEAN',
    'DEVIATION',
    'DISTINCT',
  ];
  const shown = info.columns.slice(0, 200);
  const parts = [table(facts), '', table([heading, ...shown.map(describeColumn)])];
  if (shown.length < info.columns.length)
    parts.push(`… and ${info.columns.length - shown.length} more columns (--json lists all)`);
  for (const warning of info.warnings) parts.push(`warning: ${warning.code}: ${warning.message}`);
  return parts.join('\n');
}

function describeColumn(column: ColumnInfo): string[] {
  const image = column.image;
  return [
    column.name,
    image ? `${column.kind} ${image.height}×${image.width}×${image.channels}` : column.kind,
    column.role,
    String(column.width),
    String(column.missing),
    numberText(column.minimum),
    numberText(column.maximum),
    numberText(column.mean),
    numberText(column.standardDeviation),
    numberText(column.distinct),
  ];
}
