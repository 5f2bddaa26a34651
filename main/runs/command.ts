/** @file The exact command line that repeats a run, quoted for the shell of this platform. */
import type { InputDeclarations, InputReference } from '../contract/inputs';
import { flagOf } from '../contract/inputs';
import type { FieldDescription, Json } from '../contract/schema';

export interface CommandParts {
  method: string;
  /** The method's inputs in order; the first of each kind needs no name. */
  declared: InputDeclarations;
  inputs: readonly InputReference[];
  config: Readonly<Record<string, Json>>;
  /** Keys the user set: named even where they equal the default. */
  given: readonly string[];
  fields: readonly FieldDescription[];
  seed: number;
}

/**
 * `npx monge run <method> --data FILE [--model input=FILE] … [--role column=role] --set key=value … --seed N`.
 * A role counts for every data set that has the column.
 */
export function commandOf(parts: CommandParts, platform: NodeJS.Platform = process.platform): string {
  const words = ['npx', 'monge', 'run', parts.method];
  const names = Object.keys(parts.declared);
  for (const { input, kind, path } of parts.inputs) {
    const first = names.find((name) => parts.declared[name]!.kind === kind);
    // A path with an equals sign would be taken for a named input.
    words.push(`--${flagOf[kind]}`, input === first && !path.includes('=') ? path : `${input}=${path}`);
  }
  const roles = parts.inputs.flatMap((one) => (one.kind === 'dataset' ? Object.entries(one.roles) : []));
  for (const pair of new Set(roles.map(([column, role]) => `${column}=${role}`))) words.push('--role', pair);
  for (const field of parts.fields) {
    const value = parts.config[field.key];
    if (value === undefined) continue;
    const plain = field.kind === 'texts' ? JSON.stringify(value) : wordOf(value);
    if (JSON.stringify(value) === JSON.stringify(field.default) && !parts.given.includes(field.key)) continue;
    if (field.key === 'prompt' && Array.isArray(value) && value.length > 0)
      for (const text of value.filter(isText)) words.push('--prompt', text);
    else words.push('--set', `${field.key}=${plain}`);
  }
  words.push('--seed', String(parts.seed));
  return words.map((word) => quote(word, platform)).join(' ');
}

/** A setting as the command line takes it: lists of plain words separated by commas, others as JSON. */
function wordOf(value: Json): string {
  if (typeof value === 'string') return value;
  const words = Array.isArray(value) ? value.filter(isPlainWord) : [];
  return Array.isArray(value) && words.length > 0 && words.length === value.length
    ? words.join(',')
    : JSON.stringify(value);
}

function isText(value: Json): value is string {
  return typeof value === 'string';
}

function isPlainWord(value: Json): value is string {
  return typeof value === 'string' && value.trim() === value && value !== '' && !/[,[=]/.test(value);
}

/** One word as the shell of the platform takes it. */
export function quote(word: string, platform: NodeJS.Platform): string {
  if (platform === 'win32') {
    if (/^[A-Za-z0-9_./\\:=@+,-]+$/.test(word)) return word;
    return `"${word.replaceAll('"', '\\"')}"`;
  }
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
