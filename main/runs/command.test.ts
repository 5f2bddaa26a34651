/** @file The recorded command line survives the shell: the words a shell makes of it are the words that were meant. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { commandOf, type CommandParts } from './command';

const field = (key: string, value: number | string) => ({
  key,
  kind: 'text' as const,
  title: key,
  help: '',
  group: '',
  advanced: false,
  default: value,
});
const reference = (input: string, path: string) => ({
  kind: 'dataset' as const,
  input,
  path,
  name: '',
  sha256: '',
  rows: 1,
  roles: {},
});
const declared = {
  kind: 'dataset' as const,
  title: '',
  help: '',
  optional: false,
  needs: 'features' as const,
};
const parts: CommandParts = {
  method: 'flows',
  declared: { target: declared, source: declared },
  inputs: [reference('target', "/data/it's $HOME; `id`.csv"), reference('source', '/data/plain.csv')],
  config: { steps: 10, coupling: 'sinkhorn', epsilon: 0.1, note: '' },
  given: ['coupling'],
  fields: [field('steps', 5), field('coupling', 'sinkhorn'), field('epsilon', 0.1), field('note', 'x')],
  seed: 3,
};

const wanted = ['run', 'flows', '--data', "/data/it's $HOME; `id`.csv", '--data', 'source=/data/plain.csv'];
const settings = ['--set', 'steps=10', '--set', 'coupling=sinkhorn', '--set', 'note=', '--seed', '3'];

it('names what differs from the defaults or was set, and quotes for a POSIX shell', () => {
  if (process.platform === 'win32') return console.warn('skipped: there is no POSIX shell on Windows');
  const command = commandOf(parts, 'linux');
  // The shell itself is asked how it reads the line.
  const words = execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' }).split('\0');
  expect(words.slice(2, -1)).toEqual([...wanted, ...settings]);
});

it('quotes with double quotes on Windows', () => {
  const inputs = [reference('target', 'C:\\my data\\a.csv')];
  expect(commandOf({ ...parts, inputs, fields: [] }, 'win32')).toBe(
    'npx monge run flows --data "C:\\my data\\a.csv" --seed 3',
  );
});

it('writes each chosen role once, and names the input of a path with an equals sign', () => {
  const target = { ...reference('target', '/a=b.csv'), roles: { y: 'label' as const } };
  const source = { ...reference('source', '/s.csv'), roles: { y: 'label' as const, z: 'ignore' as const } };
  expect(commandOf({ ...parts, inputs: [target, source], fields: [] }, 'linux')).toBe(
    'npx monge run flows --data target=/a=b.csv --data source=/s.csv --role y=label --role z=ignore --seed 3',
  );
});

it('gives each kind its flag, the first of a kind without a name', () => {
  const model = { kind: 'model' as const, title: '', help: '', optional: true };
  const run = { ...model, kind: 'run' as const, method: 'flows', files: [] };
  const other = (kind: 'model' | 'run', input: string, path: string) => ({
    ...{ kind, input, path, name: '', sha256: '' },
  });
  const inputs = [
    ...parts.inputs.slice(1),
    other('model', 'first', '/a.onnx'),
    other('model', 'rest', '/b.onnx'),
    other('model', 'rest', '/c.onnx'),
    other('run', 'pairs', '/runs/1'),
  ];
  const all = { ...parts.declared, first: model, rest: { ...model, several: true }, pairs: run };
  expect(commandOf({ ...parts, declared: all, inputs, fields: [] }, 'linux')).toBe(
    'npx monge run flows --data source=/data/plain.csv --model /a.onnx --model rest=/b.onnx --model rest=/c.onnx --run /runs/1 --seed 3',
  );
});
