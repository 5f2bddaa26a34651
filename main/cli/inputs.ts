/** @file The inputs of a run on the command line: `--data`, `--model`, `--vectors`, `--text`, `--run`, each `[name=]PATH`. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DatasetInfo, InputInfo, InputKind, Json, MethodInfo, Role } from '../contract/engine';
import { flagOf, inputKinds, inUse } from '../contract/inputs';
import type { Engine } from '../engine';
import { datasetOf } from '../models/opened';
import { parsePairs, text, usage, type Parsed } from './arguments';

/** The flags by which a method's inputs are given. */
export const inputFlags = {
  data: text('a data file; several, or input=FILE, for several inputs'),
  model: text('a model: ONNX, GGUF or a folder with safetensors, or input=FILE'),
  vectors: text('arrays with names (NPY, NPZ, safetensors), or input=FILE'),
  text: text('rows of text (plain or JSON Lines), or input=FILE'),
  run: text('an earlier run, its folder or id, or input=RUN'),
} satisfies Record<(typeof flagOf)[InputKind], ReturnType<typeof text>>;

/**
 * Opens what each flag names, in order for the method's inputs of that kind or by name, and sets the roles of columns that
 * were asked for. Answers the ids, and tells what the readers warned of: numbers of a file that was read with losses are not to be
 * taken for those of a whole one.
 */
export async function openGivenInputs(
  engine: Engine,
  method: MethodInfo,
  parsed: Parsed,
  config: Readonly<Record<string, Json>>,
  runsFolder: string,
  /** Further data files. */
  more: readonly string[] = [],
  tell: (line: string) => void = () => undefined,
): Promise<Record<string, string[]>> {
  const paths = new Map<InputInfo, string[]>();
  for (const kind of inputKinds) {
    // `--data a.csv b.csv` gives the second file as a word.
    const words = kind === 'dataset' ? [...parsed.words.slice(1), ...more] : [];
    for (const text of [...parsed.texts(flagOf[kind]), ...words])
      assign(method, kind, paths, text, runsFolder);
  }
  refuseMissing(method, paths, config);
  const ids: Record<string, string[]> = {};
  const datasets: DatasetInfo[] = [];
  for (const [{ name, kind }, given] of paths)
    for (const path of given) {
      const place = placeOf(kind, path, runsFolder);
      // What looks like a model is said to be one, where data are needed.
      const info = await engine.openPath(place, kind === 'dataset' ? undefined : kind);
      if (kind === 'dataset') {
        const opened = datasetOf(info);
        datasets.push(opened);
        for (const { message } of opened.warnings) tell(`warning: ${opened.name}: ${message}\n`);
      }
      (ids[name] ??= []).push(info.id);
    }
  await setRoles(engine, datasets, parsePairs('role', parsed.texts('role')) as Record<string, Role>);
  return ids;
}

/** Where a path leads, or the id of a run. */
function placeOf(kind: InputKind, path: string, runsFolder: string): string {
  return kind === 'run' && !existsSync(path) ? join(runsFolder, path) : resolve(path);
}

/** Puts a path to the input that it names, or the next one of this kind that has room. */
function assign(
  method: MethodInfo,
  kind: InputKind,
  paths: Map<InputInfo, string[]>,
  text: string,
  runsFolder: string,
): void {
  const own = method.inputs.filter((input) => input.kind === kind);
  const hasRoom = (input: InputInfo) => input.several === true || !paths.has(input);
  const at = text.indexOf('=');
  const prefix = text.slice(0, Math.max(0, at));
  const named = own.find(({ name }) => name === prefix);
  // A path may hold an equals sign itself, so what exists is no slip in a name.
  if (!named && own.length > 0 && /^[\w-]+$/.test(prefix) && !existsSync(placeOf(kind, text, runsFolder)))
    throw usage(
      `no input is called ${prefix}`,
      `--${flagOf[kind]}`,
      JSON.stringify(text),
      own.map(({ name }) => `${name}=…`).join(', '),
    );
  const input = named ?? own.find(hasRoom);
  if (!input || !hasRoom(input))
    throw usage(
      kind === 'dataset'
        ? 'there are more data files than inputs'
        : 'the method takes no further input of this kind',
      `--${flagOf[kind]}`,
      JSON.stringify(text),
      own.map(({ name }) => name).join(', ') || 'none',
    );
  paths.set(input, [...(paths.get(input) ?? []), named ? text.slice(at + 1) : text]);
}

function refuseMissing(
  method: MethodInfo,
  paths: ReadonlyMap<InputInfo, unknown>,
  config: Readonly<Record<string, Json>>,
): void {
  const settings = {
    ...Object.fromEntries(method.fields.map(({ key, default: value }) => [key, value])),
    ...config,
  };
  const missing = method.inputs.find(
    (input) => !input.optional && inUse(input, settings) && !paths.has(input),
  );
  if (!missing) return;
  const { name, title, kind } = missing;
  throw usage(
    kind === 'dataset' ? 'data is missing' : 'an input is missing',
    `--${flagOf[kind]} for ${name} (${title})`,
  );
}

async function setRoles(
  engine: Engine,
  datasets: readonly DatasetInfo[],
  roles: Readonly<Record<string, Role>>,
): Promise<void> {
  for (const info of datasets) {
    const own = Object.entries(roles).filter(([column]) => info.columns.some(({ name }) => name === column));
    if (own.length > 0) await engine.setRoles(info.id, Object.fromEntries(own));
  }
  const known = new Set(datasets.flatMap((info) => info.columns.map((column) => column.name)));
  const unknown = Object.keys(roles).find((column) => !known.has(column));
  if (unknown !== undefined)
    throw usage(
      'no data set has this column',
      `--role ${unknown}`,
      undefined,
      [...known].slice(0, 50).join(', '),
    );
}
