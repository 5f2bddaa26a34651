/** @file `monge inspect`: what a data set or a model file is, from the file itself. */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MongeError } from '../../../native-models/error';
import { scratchRunsFolder } from '../../host/paths';
import type { ColumnInfo, DatasetInfo } from '../../rpc/contract';
import type { Command } from '../command';
import { withEngine } from '../host';
import { describeModel, modelFacts } from '../model-facts';
import { number, table } from '../text';

export const inspect: Command = {
  summary: 'Say what a data set or model file is',
  flags: {
    args: {
      file: { type: 'positional', description: 'a data file, a folder of images, or an .onnx model' },
      json: { type: 'boolean', description: 'JSON on standard output' },
    },
  },
  async run(parsed, host) {
    const path = resolve(parsed.words[0]!);
    if (/\.onnx$/i.test(path)) {
      const facts = modelFacts(await readModel(path), path);
      host.print(parsed.flag('json') ? JSON.stringify(facts) : describeModel(facts));
      return 0;
    }
    const runsFolder = scratchRunsFolder(host.environment);
    const info = await withEngine(host, { runsFolder, transport: 'port' }, (engine) => engine.openPath(path));
    host.print(parsed.flag('json') ? JSON.stringify(info) : describeDataset(info));
    return 0;
  },
};

async function readModel(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    // Protocol buffers cannot be larger; bigger weights lie in files beside the model.
    if (size > 2 ** 31) throw new Error('larger than 2 GiB');
    return await readFile(path);
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    throw new MongeError(
      {
        code: code === 'ENOENT' ? 'file-not-found' : 'file-unreadable',
        what:
          code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${String(code ?? thrown)})`,
        where: { file: path },
      },
      { cause: thrown },
    );
  }
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
