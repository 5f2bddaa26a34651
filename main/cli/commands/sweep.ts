/** @file `monge sweep`: runs a study from its file, or goes on with one; lists, shows and exports studies. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { formatError, MongeError } from '../../../native-models/error';
import type { InputIds, MethodInfo } from '../../contract/engine';
import type { StudyDefinition, StudySummary } from '../../contract/study';
import { defaultRunsFolder } from '../../disk/paths';
import type { Engine } from '../../engine';
import { flag, parsePairs, text, usage, word, type Parsed } from '../arguments';
import type { CommandLine } from '../command';
import { exitCodes } from '../exit-codes';
import { withEngine, type CliHost } from '../host';
import { duration } from '../progress';
import { predictText } from '../predict-text';
import { numberText, table } from '../text';
import { methodNamed } from './run';

const formats = ['csv', 'json', 'hiplot', 'optuna'] as const;

export const sweep: CommandLine = {
  summary: 'Run a study: many trials of a method over a space of settings',
  flags: {
    args: {
      study: word('a study file, or the id of a study to go on with', false),
      resume: flag('go on with the newest study of this file instead of making a new one'),
      trials: text('trials in all, instead of what the study says'),
      data: text('an input, name=FILE or FILE; wins over the file; may be repeated'),
      launcher: text('where trials run: local'),
      list: flag('list the studies'),
      export: text('write a study as csv, json, hiplot or optuna (a journal), to --to or standard output'),
      import: text('make a study of the trials of an Optuna journal or a CSV; a study file says its method'),
      predict: text('from a study over rates and a scale, the best rate at another size: width=1024'),
      rate: text('the setting that --predict finds (learningRate)'),
      to: text('the file that --export writes'),
      out: text('folder that keeps the runs ($MONGE_RUNS or ./runs)'),
      json: flag('end with one JSON object on standard output'),
    },
    repeated: ['data'],
  },
  async run(parsed, host) {
    const runsFolder = resolve(parsed.text('out') ?? defaultRunsFolder(host.environment));
    return withEngine(host, { runsFolder, transport: 'port' }, async (engine) => {
      if (parsed.flag('list')) return list(host, engine, parsed);
      const [given] = parsed.words;
      const foreign = parsed.text('import');
      if (foreign !== undefined) return imported(host, engine, parsed, { foreign, given });
      if (given === undefined) throw usage('a study file or the id of a study is missing', 'study');
      const known = (await engine.listStudies()).map(({ id }) => id);
      if (parsed.text('export') !== undefined) return exported(host, engine, parsed, given);
      if (parsed.text('predict') !== undefined) return predict(host, engine, parsed, given);
      const id = known.includes(given) ? given : await studyOf(engine, given, parsed);
      const folder = join(runsFolder, 'studies', id);
      host.tell(`study ${id} → ${folder}\n`);
      return new Follow(host, engine, id).run(parsed.whole('trials', 1, 1_000_000), async (summary, code) => {
        if (!summary.best) await tellFirstReason(host, engine, id);
        report(host, summary, folder, parsed.flag('json'));
        return code;
      });
    });
  },
};

async function predict(host: CliHost, engine: Engine, parsed: Parsed, id: string): Promise<number> {
  const [[axis, at] = ['', '']] = Object.entries(parsePairs('predict', [parsed.text('predict')!]));
  const request = { axis, rate: parsed.text('rate') ?? 'learningRate', at: Number(at) };
  const found = await engine.predictStudy(id, request);
  host.print(parsed.flag('json') ? JSON.stringify(found) : predictText(found));
  return found.prediction ? exitCodes.done : exitCodes.failed;
}

/** Makes the study of a file, or finds the newest one of it. */
async function studyOf(engine: Engine, path: string, parsed: Parsed): Promise<string> {
  const { given, definition } = await definitionOf(engine, path, parsed);
  if (parsed.flag('resume')) {
    // The same definition by its own reading, whatever was left out in the file.
    const same = (await engine.listStudies()).find((study) => isOf(study.definition, given));
    if (same) return same.id;
  }
  return (await engine.createStudy(definition)).id;
}

/** A study file with its inputs opened. */
async function definitionOf(engine: Engine, path: string, parsed: Parsed) {
  const given = await readStudyFile(path);
  const launcher = parsed.text('launcher');
  if (launcher !== undefined) given.launcher = launcher;
  const method = methodNamed(await engine.methods(), String(given.method));
  const data = await openData(engine, method, given, dirname(resolve(path)), parsed);
  return { given, definition: { ...given, data } as unknown as Partial<StudyDefinition> };
}

/** Whether a study was made from such a file: name, method, space, settings and seed. */
function isOf(definition: StudyDefinition, given: Readonly<Record<string, unknown>>): boolean {
  const { name, method, settings, seed, space } = definition;
  const keys = Object.keys(given.space ?? {});
  return (
    method === given.method &&
    (given.name === undefined || name === given.name) &&
    JSON.stringify(settings) === JSON.stringify(given.settings ?? {}) &&
    seed === (given.seed ?? 0) &&
    JSON.stringify(Object.keys(space)) === JSON.stringify(keys)
  );
}

async function readStudyFile(path: string): Promise<Record<string, unknown>> {
  const unreadable = (what: string, cause?: unknown) =>
    new MongeError(
      {
        code: 'study-unreadable',
        blame: 'input',
        what,
        where: { file: path },
        expected: 'a JSON file of a study',
      },
      { cause },
    );
  const words = await readFile(path, 'utf8').catch((thrown: unknown) => {
    throw unreadable('this is neither a file nor the id of a study', thrown);
  });
  let value: unknown;
  try {
    value = JSON.parse(words);
  } catch (thrown) {
    throw unreadable(thrown instanceof Error ? thrown.message : String(thrown), thrown);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw unreadable('the file holds no study');
}

/** Inputs of the file, relative to it, and of the command line, which win. */
async function openData(
  engine: Engine,
  method: MethodInfo,
  given: Readonly<Record<string, unknown>>,
  folder: string,
  parsed: Parsed,
): Promise<InputIds> {
  const { data = {} } = given;
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw usage('data is no object of paths', 'data', JSON.stringify(data));
  const first = method.inputs[0]?.name ?? 'data';
  const flags = parsePairs(
    'data',
    parsed.texts('data').map((one) => (one.includes('=') ? one : `${first}=${one}`)),
  );
  const fromFile = Object.entries(data as Record<string, unknown>).map(
    ([input, value]): [string, string[]] => {
      const list: readonly unknown[] = Array.isArray(value) ? value : [value];
      if (!list.every((one) => typeof one === 'string'))
        throw usage(
          'an input is no path',
          `data.${input}`,
          JSON.stringify(value),
          'a path, or a list of them',
        );
      return [input, list.map((one) => resolve(folder, one))];
    },
  );
  const paths = {
    ...Object.fromEntries(fromFile),
    ...Object.fromEntries(Object.entries(flags).map(([input, path]) => [input, [resolve(path)]])),
  };
  const ids: Record<string, string[]> = {};
  for (const [input, list] of Object.entries(paths)) {
    const kind = method.inputs.find(({ name }) => name === input)?.kind;
    ids[input] = [];
    for (const path of list) ids[input].push((await engine.openPath(path, kind)).id);
  }
  return ids;
}

/** Follows a study to its rest; the first signal stops it with checkpoints. */
class Follow {
  #line = '';

  constructor(
    private readonly host: CliHost,
    private readonly engine: Engine,
    private readonly id: string,
  ) {}

  async run(
    trials: number | undefined,
    done: (summary: StudySummary, code: number) => Promise<number>,
  ): Promise<number> {
    const { host, engine, id } = this;
    let stopped = false;
    const release = host.onSignal(() => {
      host.tell(stopped ? 'still stopping …\n' : 'stopping with checkpoints; the study goes on later …\n');
      stopped = true;
      engine.stopStudy(id, 'cancel').catch((thrown: unknown) => host.tell(`${String(thrown)}\n`));
    });
    const unsubscribe = engine.subscribe({
      studyChanged: (summary) => {
        if (summary.id === id) this.#show(summary);
      },
      notice: ({ text: words }) => host.tell(`${words}\n`),
    });
    try {
      for (const words of (await engine.study(id)).notices) host.tell(`${words}\n`);
      await engine.startStudy(id, trials);
      const summary = await engine.waitForStudy(id);
      this.#show(summary);
      if (host.terminal) host.tell('\n');
      const { counts, state } = summary;
      const code =
        stopped || state !== 'done'
          ? exitCodes.cancelled
          : counts.complete > 0
            ? exitCodes.done
            : exitCodes.failed;
      return await done(summary, stopped ? exitCodes.interrupted : code);
    } finally {
      unsubscribe();
      release();
    }
  }

  #show({ counts, definition, best, secondsLeft }: StudySummary): void {
    const ended = definition.trials - counts.queued - counts.running;
    const done = Object.entries(counts)
      .filter(([state, count]) => count > 0 && state !== 'queued')
      .map(([state, count]) => `${count} ${state}`);
    const value = best?.values[0];
    const words = [
      `${Math.max(0, ended - this.#unasked(counts, definition))} / ${definition.trials}`,
      done.join(', '),
      value === undefined || value === null ? '' : `best ${numberText(value)} (trial ${best!.number})`,
      secondsLeft === null ? '' : `${duration(secondsLeft)} left`,
    ];
    const line = words.filter((one) => one !== '').join(' · ');
    if (line === this.#line) return;
    this.#line = line;
    this.host.tell(this.host.terminal ? `\r\u001b[2K${line}` : `${line}\n`);
  }

  #unasked(counts: StudySummary['counts'], { trials }: StudyDefinition): number {
    return trials - Object.values(counts).reduce((sum, count) => sum + count, 0);
  }
}

/** Why nothing ended well is most often the same for all. */
async function tellFirstReason(host: CliHost, engine: Engine, id: string): Promise<void> {
  const [first] = (await engine.trialColumns(id)).reasons;
  if (!first) return;
  const { error, state } = await engine.trial(id, first.trial);
  host.tell(`trial ${first.trial} ${state}: ${error ? formatError(error) : first.reason}\n`);
}

function report(host: CliHost, summary: StudySummary, folder: string, json: boolean): void {
  const { id, counts, best, definition } = summary;
  const trials = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const states = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  if (summary.state !== 'done') host.tell(`go on with: monge sweep ${id}\n`);
  if (json) {
    const found = best && {
      trial: best.number,
      value: best.values[0],
      values: best.values,
      point: best.point,
    };
    host.print(JSON.stringify({ study: id, dir: folder, trials, best: found, states }));
    return;
  }
  if (!best) return host.tell('no trial ended well\n');
  host.print(
    table([
      [`trial ${best.number}`, ''],
      ...definition.objectives.map(({ metric }, at) => [metric, numberText(best.values[at] ?? NaN)]),
      ...Object.entries(best.point).map(([key, value]) => [
        key,
        typeof value === 'number' ? numberText(value) : JSON.stringify(value),
      ]),
    ]),
  );
}

async function list(host: CliHost, engine: Engine, parsed: Parsed): Promise<number> {
  const studies = await engine.listStudies();
  if (parsed.flag('json')) host.print(JSON.stringify(studies));
  else if (studies.length === 0) host.tell('no studies here\n');
  else
    host.print(
      table(
        studies.map(({ id, definition, state, counts, best }) => [
          ...[id, definition.name, state, `${counts.complete} of ${definition.trials} complete`],
          best?.values[0] === undefined
            ? ''
            : `${definition.objectives[0]!.metric} ${numberText(best.values[0] ?? NaN)}`,
        ]),
      ),
    );
  return exitCodes.done;
}

/** With a study file, whose method, data and settings it takes, the study can be gone on with. */
async function imported(
  host: CliHost,
  engine: Engine,
  parsed: Parsed,
  { foreign, given }: { foreign: string; given: string | undefined },
): Promise<number> {
  const bytes = await readFile(foreign).catch((thrown: unknown) => {
    throw new MongeError(
      {
        ...{ code: 'study-unreadable', blame: 'input', what: 'the file of trials cannot be read' },
        ...{ where: { file: foreign }, expected: 'an Optuna journal or a CSV' },
      },
      { cause: thrown },
    );
  });
  const more = given === undefined ? {} : (await definitionOf(engine, given, parsed)).definition;
  const { id, counts, definition } = await engine.importStudy(basename(foreign), bytes, more);
  const states = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  if (parsed.flag('json')) host.print(JSON.stringify({ study: id, trials: definition.trials, states }));
  else
    host.print(
      `${id}  ${Object.entries(states)
        .map(([state, count]) => `${count} ${state}`)
        .join(', ')}`,
    );
  return exitCodes.done;
}

async function exported(host: CliHost, engine: Engine, parsed: Parsed, id: string): Promise<number> {
  const format = formats.find((one) => one === parsed.text('export'));
  if (!format) throw usage('there is no such format', '--export', parsed.text('export'), formats.join(', '));
  const { bytes } = await engine.exportStudy(id, format);
  const to = parsed.text('to');
  if (to === undefined) host.print(new TextDecoder().decode(bytes).replace(/\n$/, ''));
  else await writeFile(resolve(to), bytes);
  return exitCodes.done;
}
