/** @file `monge run`: opens the inputs, starts the method, follows it to its end, and says how it went. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MongeError } from '../../../native-models/error';
import { defaultRunsFolder } from '../../disk/paths';
import type { Json, MethodInfo } from '../../contract/engine';
import { flag, parsePairs, splitPairs, text, usage, word } from '../arguments';
import type { Parsed } from '../arguments';
import type { CommandLine } from '../command';
import { withEngine } from '../host';
import { follow } from '../follow';
import { inputFlags, openGivenInputs } from '../inputs';

export const run: CommandLine = {
  summary: 'Run a method on data; `monge methods NAME` lists its settings',
  flags: {
    args: {
      method: word('the method, for example flows'),
      ...inputFlags,
      prompt: text(
        'a text to go on from, as it is, commas and all; the same as the setting prompt; may be repeated',
      ),
      task: text('a task of probes, name=file.csv; may be repeated'),
      set: text('a setting, key=value; several with commas between, or repeated'),
      config: text('a JSON file of settings; --set wins over it'),
      role: text('what a column is for, column=role; may be repeated'),
      seed: text('seed of all randomness (0)'),
      device: text('auto, cpu or webgpu; the same as --set device=…'),
      out: text('folder that keeps the runs ($MONGE_RUNS or ./runs)'),
      name: text('a name for the run'),
      threads: text('threads of each session (all)'),
      json: flag('end with one JSON object on standard output'),
    },
    repeated: [...Object.keys(inputFlags), 'task', 'prompt', 'set', 'role'],
    // `--data a.csv b.csv` gives the second file as a word.
    maximumWords: 20,
  },
  async run(parsed, host) {
    const runsFolder = resolve(parsed.text('out') ?? defaultRunsFolder(host.environment));
    const threads = parsed.whole('threads', 1, 1024);
    return withEngine(host, { runsFolder, transport: 'port', threads }, async (engine) => {
      const method = methodNamed(await engine.methods(), parsed.words[0]!);
      const settings = await readSettings(
        parsed,
        method.fields.map((field) => field.key),
      );
      const tasks = namedTasks(parsed.texts('task'));
      if (tasks.names.length > 0) settings.config.names = tasks.names;
      const data = await openGivenInputs(
        ...([engine, method, parsed, settings.config, runsFolder, tasks.paths] as const),
        (line) => host.tell(line),
      );
      return follow(host, engine, {
        start: () => engine.startRun({ method: method.id, data, ...settings, name: parsed.text('name') }),
        folder: (id) => join(runsFolder, id),
        json: parsed.flag('json'),
      });
    });
  },
};

/** `--task name=file.csv` is a data file of the input `tasks` and a name among the setting `names`. */
function namedTasks(given: readonly string[]): { names: string[]; paths: string[] } {
  const tasks = Object.entries(parsePairs('task', given));
  return { names: tasks.map(([name]) => name), paths: tasks.map(([, path]) => `tasks=${path}`) };
}

/** Settings from `--config`, then `--set`, then the flags of their own. A whole `run.json` serves as a config too. */
export async function readSettings(
  parsed: Parsed,
  keys: readonly string[],
): Promise<{ config: Record<string, Json>; seed: number }> {
  const file = parsed.text('config');
  const fromFile = file === undefined ? {} : await readConfigFile(file);
  const given: Record<string, Json> = {
    ...fromFile,
    ...parsePairs(
      'set',
      parsed.texts('set').flatMap((text) => splitPairs(text, keys)),
    ),
  };
  const prompts = parsed.texts('prompt');
  if (prompts.length > 0) given.prompt = [...prompts];
  const device = parsed.text('device');
  if (device !== undefined) given.device = device;
  const { seed: setSeed = 0, ...config } = given;
  const seed = parsed.whole('seed', 0, Number.MAX_SAFE_INTEGER) ?? Number(setSeed);
  if (!Number.isSafeInteger(seed) || seed < 0 || setSeed === '')
    throw usage(
      Number.isInteger(seed) ? 'the seed is out of range' : 'the seed is no whole number',
      'seed',
      JSON.stringify(setSeed),
      'a whole number, 0 or more',
    );
  return { config, seed };
}

async function readConfigFile(file: string): Promise<Record<string, Json>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (thrown) {
    throw new MongeError(
      {
        code: 'config-unreadable',
        what: thrown instanceof Error ? thrown.message : String(thrown),
        where: { file },
        expected: 'a JSON file of settings',
      },
      { cause: thrown },
    );
  }
  if (!isRecord(value))
    throw new MongeError({
      code: 'config-unreadable',
      what: 'the file holds no settings',
      where: { file },
      expected: 'one JSON object',
    });
  if (typeof value.method === 'string' && isRecord(value.config))
    return { ...value.config, seed: value.seed ?? 0 };
  return value;
}

export function methodNamed(methods: readonly MethodInfo[], id: string): MethodInfo {
  const found = methods.find((method) => method.id === id);
  if (found) return found;
  throw new MongeError({
    code: 'method-unknown',
    what: 'there is no such method',
    got: JSON.stringify(id),
    expected: methods.map((method) => method.id).join(', ') || 'no method is built in',
    help: '`monge methods` lists them.',
  });
}

function isRecord(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
