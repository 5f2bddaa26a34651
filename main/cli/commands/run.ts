/** @file `monge run`: opens the data, starts the method, follows it to its end, and says how it went. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MongeError } from '../../../native-models/error';
import { datasetOf } from '../../models/opened';
import type { Engine } from '../../engine';
import { defaultRunsFolder } from '../../disk/paths';
import type { DatasetInfo, Json, MethodInfo, Role } from '../../contract/engine';
import { parsePairs, splitPairs, usage } from '../arguments';
import type { Parsed } from '../arguments';
import { inUse } from '../../runs/plan';
import type { Command } from '../command';
import { withEngine } from '../host';
import { follow } from '../follow';

export const run: Command = {
  summary: 'Run a method on data; `monge methods NAME` lists its settings',
  flags: {
    args: {
      method: { type: 'positional', description: 'the method, for example flows' },
      data: { type: 'string', description: 'a data file; several, or input=FILE, for several inputs' },
      set: {
        type: 'string',
        description: 'a setting, key=value; several with commas between, or repeated',
      },
      config: { type: 'string', description: 'a JSON file of settings; --set wins over it' },
      role: { type: 'string', description: 'what a column is for, column=role; may be repeated' },
      seed: { type: 'string', description: 'seed of all randomness (0)' },
      device: { type: 'string', description: 'auto, cpu or webgpu; the same as --set device=…' },
      out: { type: 'string', description: 'folder that keeps the runs ($MONGE_RUNS or ./runs)' },
      name: { type: 'string', description: 'a name for the run' },
      threads: { type: 'string', description: 'threads of each session (all)' },
      json: { type: 'boolean', description: 'end with one JSON object on standard output' },
    },
    repeated: ['data', 'set', 'role'],
    // `--data a.csv b.csv` gives the second file as a word.
    maximumWords: 20,
  },
  async run(parsed, host) {
    const runsFolder = resolve(parsed.text('out') ?? defaultRunsFolder(host.environment));
    const threads = parsed.whole('threads', 1, 1024);
    return withEngine(host, { runsFolder, transport: 'port', threads }, async (engine) => {
      const method = findMethod(await engine.methods(), parsed.words[0]!);
      const settings = await readSettings(
        parsed,
        method.fields.map((field) => field.key),
      );
      const data = await openData(engine, method, parsed, settings.config);
      return follow(host, engine, {
        start: () => engine.startRun({ method: method.id, data, ...settings, name: parsed.text('name') }),
        folder: (id) => join(runsFolder, id),
        json: parsed.flag('json'),
      });
    });
  },
};

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
  const device = parsed.text('device');
  if (device !== undefined) given.device = device;
  const { seed: setSeed = 0, ...config } = given;
  const seed = parsed.whole('seed', 0, Number.MAX_SAFE_INTEGER) ?? Number(setSeed);
  if (!Number.isSafeInteger(seed) || seed < 0 || setSeed === '')
    throw usage('the seed is out of range', 'seed', JSON.stringify(setSeed), 'a whole number, 0 or more');
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

export function findMethod(methods: readonly MethodInfo[], id: string): MethodInfo {
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

/** Opens the files in order for the method's inputs, or by name for `input=FILE`, and sets the roles asked for. */
async function openData(
  engine: Engine,
  method: MethodInfo,
  parsed: Parsed,
  config: Readonly<Record<string, Json>>,
): Promise<Record<string, string>> {
  const files = [...parsed.texts('data'), ...parsed.words.slice(1)];
  const roles = parsePairs('role', parsed.texts('role')) as Record<string, Role>;
  const named: Record<string, string> = {};
  for (const text of files) {
    const { input, file } = assignInput(method, named, text);
    named[input] = file;
  }
  const missing = method.inputs.find(
    (input) => !input.optional && inUse(input, config) && !Object.hasOwn(named, input.name),
  );
  if (missing) throw usage('data is missing', `--data for ${missing.name} (${missing.title})`);
  const opened: Record<string, DatasetInfo> = {};
  for (const [input, file] of Object.entries(named))
    opened[input] = datasetOf(await engine.openPath(resolve(file)));
  for (const info of Object.values(opened)) {
    const own = Object.entries(roles).filter(([column]) => info.columns.some(({ name }) => name === column));
    if (own.length > 0) await engine.setRoles(info.id, Object.fromEntries(own));
  }
  const known = new Set(Object.values(opened).flatMap((info) => info.columns.map((column) => column.name)));
  const unknown = Object.keys(roles).find((column) => !known.has(column));
  if (unknown !== undefined)
    throw usage(
      'no data set has this column',
      `--role ${unknown}`,
      undefined,
      [...known].slice(0, 50).join(', '),
    );
  return Object.fromEntries(Object.entries(opened).map(([input, info]) => [input, info.id]));
}

function assignInput(
  method: MethodInfo,
  taken: Readonly<Record<string, string>>,
  text: string,
): { input: string; file: string } {
  const at = text.indexOf('=');
  const prefix = text.slice(0, Math.max(0, at));
  const byName = method.inputs.find((input) => input.name === prefix);
  const free = byName ?? method.inputs.find((input) => !Object.hasOwn(taken, input.name));
  if (!free || Object.hasOwn(taken, free.name))
    throw usage(
      'there are more data files than inputs',
      '--data',
      JSON.stringify(text),
      method.inputs.map((input) => input.name).join(', '),
    );
  return { input: free.name, file: byName ? text.slice(at + 1) : text };
}

function isRecord(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
