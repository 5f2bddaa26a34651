/** @file `monge inspect`: what a data set or a model file is, from the file itself. */
import { resolve } from 'node:path';
import { scratchRunsFolder } from '../../host/paths';
import { modelFacts } from '../../models/facts';
import { datasetOf, isModel } from '../../models/opened';
import { looksLikeModel, readModel } from '../../models/read';
import type { ColumnInfo, DatasetInfo, ProfileSummary } from '../../rpc/contract';
import { parsePairs, usage, type Parsed } from '../arguments';
import type { Command } from '../command';
import { withEngine, type CliHost } from '../host';
import { describeModel, describeProfile } from '../model-text';
import { number, table } from '../text';

export const inspect: Command = {
  summary: 'Say what a data set or model file is',
  flags: {
    args: {
      file: { type: 'positional', description: 'a data file, a folder of images, or an .onnx model' },
      profile: { type: 'boolean', description: 'run the model on made-up inputs and time its nodes' },
      size: {
        type: 'string',
        description: 'NAME=NUMBER for a size the model leaves open (1); may be repeated',
      },
      runs: { type: 'string', description: 'timed runs of a profile (5)' },
      json: { type: 'boolean', description: 'JSON on standard output' },
    },
    repeated: ['size'],
  },
  async run(parsed, host) {
    const path = resolve(parsed.words[0]!);
    if (/\.onnx$/i.test(path) || (await looksLikeModel(path))) {
      const facts = modelFacts((await readModel(path)).model, path);
      const profile = parsed.flag('profile') ? await profileOf(path, parsed, host) : null;
      if (parsed.flag('json')) host.print(JSON.stringify(profile ? { ...facts, profile } : facts));
      else host.print([describeModel(facts), ...(profile ? ['', describeProfile(profile)] : [])].join('\n'));
      return 0;
    }
    if (parsed.flag('profile'))
      throw usage('only a model can be profiled', '--profile', path, 'an .onnx file');
    const runsFolder = scratchRunsFolder(host.environment);
    const info = datasetOf(
      await withEngine(host, { runsFolder, transport: 'port' }, (engine) => engine.openPath(path)),
    );
    host.print(parsed.flag('json') ? JSON.stringify(info) : describeDataset(info));
    return 0;
  },
};

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
      if (!isModel(info)) throw usage('only a model can be profiled', '--profile', path, 'an .onnx file');
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
    number(column.minimum),
    number(column.maximum),
    number(column.mean),
    number(column.standardDeviation),
    number(column.distinct),
  ];
}
