/** @file `monge resume`, `list`, `show` and `export`: what one does with runs that exist. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { decodeModel, encodeModel, externalise } from '../../../native-models';
import { formatError, MongeError } from '../../../native-models/error';
import { defaultRunsFolder } from '../../disk/paths';
import type { RunRecord } from '../../contract/engine';
import { flagOf } from '../../contract/inputs';
import { flag, text, usage, word } from '../arguments';
import type { CommandLine } from '../command';
import { follow, report } from '../follow';
import { withEngine } from '../host';
import { writeNewFiles, type NewFile } from '../new-files';
import { duration, progressText } from '../progress';
import { locateRun } from '../run-folder';
import { numberText, table } from '../text';

const out = text('folder that keeps the runs ($MONGE_RUNS or ./runs)');
const json = flag('JSON on standard output');
const runArgument = word('a run folder or id');

export const resume: CommandLine = {
  summary: 'Go on with a stopped or interrupted run from its last checkpoint',
  flags: {
    args: {
      run: runArgument,
      out,
      threads: text('threads of each session (all)'),
      json: flag('end with one JSON object on standard output'),
    },
  },
  async run(parsed, host) {
    const { runsFolder, id } = locateRun(parsed.words[0]!, parsed.text('out'), host.environment);
    const options = { folder: (run: string) => join(runsFolder, run), json: parsed.flag('json') };
    const threads = parsed.whole('threads', 1, 1024);
    return withEngine(host, { runsFolder, transport: 'port', threads }, async (engine) => {
      const record = await engine.run(id);
      if (record.status === 'done') {
        // A scheduler that requeues a job must find a finished one finished, not failed.
        host.tell(`run ${id} is complete already\n`);
        report(host, record, options);
        return 0;
      }
      return follow(host, engine, { ...options, start: () => engine.resumeRun(id) });
    });
  },
};

export const list: CommandLine = {
  summary: 'List the runs',
  flags: { args: { out, json } },
  async run(parsed, host) {
    const runsFolder = resolve(parsed.text('out') ?? defaultRunsFolder(host.environment));
    // A look at the runs makes no folder for them.
    const runs = existsSync(runsFolder)
      ? await withEngine(host, { runsFolder, transport: 'port' }, (engine) => engine.listRuns())
      : [];
    if (parsed.flag('json')) host.print(JSON.stringify(runs));
    else if (runs.length === 0) host.print(`no runs in ${runsFolder}`);
    else {
      const heading = ['ID', 'METHOD', 'STATUS', 'STEP', 'TIME', 'NAME'];
      const rows = runs.map((run) => [
        run.id,
        run.method,
        run.status,
        `${run.progress.step}/${run.progress.steps}`,
        duration(run.seconds),
        run.name,
      ]);
      host.print(table([heading, ...rows]));
    }
    return 0;
  },
};

export const show: CommandLine = {
  summary: 'Show a run: settings, data, final metrics, artifacts',
  flags: { args: { run: runArgument, out, json } },
  async run(parsed, host) {
    const { runsFolder, id } = locateRun(parsed.words[0]!, parsed.text('out'), host.environment);
    const record = await withEngine(host, { runsFolder, transport: 'port' }, (engine) => engine.run(id));
    // Nothing of such a record can be relied on, so nothing of it is shown as if it could.
    if (record.error?.code === 'run-corrupt') throw new MongeError(record.error);
    host.print(parsed.flag('json') ? JSON.stringify(record) : describeRun(record, join(runsFolder, id)));
    return 0;
  },
};

export const exportRun: CommandLine = {
  summary: 'Write a run to a file: the model as .onnx, the metrics as .csv, or everything as .zip',
  flags: {
    args: {
      run: runArgument,
      onnx: flag('the trained model (the default)'),
      external: flag('with --onnx: keep large weights in a file beside the model, FILE.data'),
      csv: flag('the metrics'),
      zip: flag('the whole run folder'),
      file: text('where to write (a new file in the current directory)'),
      out,
    },
  },
  async run(parsed, host) {
    const asked = (['onnx', 'csv', 'zip'] as const).filter((kind) => parsed.flag(kind));
    if (asked.length > 1) throw usage('only one kind can be exported at a time', `--${asked.join(' --')}`);
    if (parsed.flag('external') && (asked[0] ?? 'onnx') !== 'onnx')
      throw usage('only a model has weights', `--external --${asked[0]}`);
    const { runsFolder, id } = locateRun(parsed.words[0]!, parsed.text('out'), host.environment);
    const file = await withEngine(host, { runsFolder, transport: 'port' }, (engine) => {
      engine.subscribe({ notice: ({ text }) => host.tell(`note: ${text}\n`) });
      return engine.exportRun(id, asked[0] ?? 'onnx');
    });
    const path = resolve(parsed.text('file') ?? file.name);
    const files = parsed.flag('external')
      ? withExternalWeights(path, file.bytes)
      : [{ path, bytes: file.bytes }];
    if (parsed.flag('external') && files.length === 1)
      host.tell('note: no weight of this model is large enough for a file of its own\n');
    await writeNewFiles(files, 'file');
    for (const written of files) host.print(written.path);
    return 0;
  },
};

/** The model and, where it has large weights, their file beside it; the model names it relative to its own folder. */
function withExternalWeights(path: string, bytes: Uint8Array): NewFile[] {
  const { model, data } = externalise(decodeModel(bytes), { location: `${basename(path)}.data` });
  const files = [{ path, bytes: encodeModel(model) }];
  return data.length > 0 ? [...files, { path: `${path}.data`, bytes: data }] : files;
}

function describeRun(run: RunRecord, folder: string): string {
  const pairs = (record: Readonly<Record<string, unknown>>) =>
    Object.entries(record).map(([key, value]) => [`  ${key}`, JSON.stringify(value)]);
  const facts = [
    ['run', run.id],
    ['name', run.name],
    ['folder', folder],
    ['status', run.status],
    ['progress', progressText(run)],
    ['time', duration(run.seconds)],
    ['created', run.created],
    ['method', run.method],
    ['seed', String(run.seed)],
    [
      'device',
      `${run.device.used ?? 'none yet'} (asked: ${run.device.asked}), ${run.device.threads} threads`,
    ],
    ...run.inputs.map((one) => [
      `${flagOf[one.kind]} ${one.input}`,
      one.kind === 'dataset' ? `${one.path} (${one.rows} rows)` : one.path,
    ]),
  ];
  const metrics = Object.entries(run.metrics).map(([name, value]) => [`  ${name}`, numberText(value)]);
  const parts = [table(facts), 'settings', table(pairs(run.config))];
  if (metrics.length > 0) parts.push('metrics', table(metrics));
  if (run.artifacts.length > 0) parts.push('artifacts', ...run.artifacts.map((name) => `  ${name}`));
  if (run.notices.length > 0) parts.push('notices', ...run.notices.map((notice) => `  ${notice}`));
  if (run.notes) parts.push('notes', run.notes);
  if (run.error) parts.push(formatError(run.error));
  parts.push('repeat with', `  ${run.command}`);
  return parts.join('\n');
}
