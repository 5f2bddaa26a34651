/** @file `monge inspect`: what a data set or a model file is, from the file itself; and a model run once. */
import { resolve } from 'node:path';
import { errorDetail } from '../../../native-models/error';
import { scratchRunsFolder } from '../../host/paths';
import { readModelFile } from '../../models/model-file';
import { isSafetensors } from '../../models/safetensors-files';
import type { ColumnInfo, DatasetInfo } from '../../rpc/contract';
import { usage } from '../arguments';
import type { Command } from '../command';
import { withEngine, type CliHost } from '../host';
import { describeModel, modelFacts } from '../model-facts';
import { runModel } from '../run-model';
import { describeTensors, npzFacts, safetensorsFacts, tensorTable } from '../tensor-facts';
import { number, table } from '../text';

export const inspect: Command = {
  summary: 'Say what a data set or model file is; with --run, run the model once',
  flags: {
    args: {
      file: {
        type: 'positional',
        description: 'a data file, a folder of images, or a model: .onnx, .safetensors, .npz',
      },
      run: { type: 'string', description: 'run the .onnx model on the arrays of this .npz, by name' },
      out: { type: 'string', description: 'with --run: write what comes out to this new .npz' },
      device: { type: 'string', description: 'with --run: auto, cpu or webgpu' },
      threads: { type: 'string', description: 'with --run: threads (all)' },
      json: { type: 'boolean', description: 'JSON on standard output' },
    },
  },
  async run(parsed, host) {
    const path = resolve(parsed.words[0]!);
    const isModel = /\.onnx$/i.test(path);
    if (parsed.text('run') !== undefined) {
      if (!isModel) throw usage('only an .onnx model can be run', '--run', path);
      return runModel(path, parsed, host);
    }
    const alone = ['out', 'device', 'threads'].find((name) => parsed.text(name) !== undefined);
    if (alone)
      throw usage('this says how to run a model, which needs inputs', `--${alone}`, undefined, '--run');
    const json = parsed.flag('json');
    if (isModel) {
      const facts = modelFacts(await readModelFile(path), path);
      host.print(json ? JSON.stringify(facts) : describeModel(facts));
    } else if (await isSafetensors(path)) {
      const facts = await safetensorsFacts(path);
      host.print(json ? JSON.stringify(facts) : describeTensors(facts));
    } else if (/\.npz$/i.test(path)) await inspectArrays(path, json, host);
    else {
      const info = await datasetInfo(path, host);
      host.print(json ? JSON.stringify(info) : describeDataset(info));
    }
    return 0;
  },
};

function datasetInfo(path: string, host: CliHost): Promise<DatasetInfo> {
  const runsFolder = scratchRunsFolder(host.environment);
  return withEngine(host, { runsFolder, transport: 'port' }, (engine) => engine.openPath(path));
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
    number(column.minimum),
    number(column.maximum),
    number(column.mean),
    number(column.standardDeviation),
    number(column.distinct),
  ];
}
