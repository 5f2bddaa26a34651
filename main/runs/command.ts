/** @file The exact command line that repeats a run, quoted for the shell of this platform. */
import type { DataReference } from '../rpc/contract';
import type { FieldDescription, Json } from '../methods/schema';

export interface CommandParts {
  method: string;
  /** The method's input names in order; the first data set needs no name. */
  inputs: readonly string[];
  data: readonly DataReference[];
  config: Readonly<Record<string, Json>>;
  /** Keys the user set: named even where they equal the default. */
  given: readonly string[];
  fields: readonly FieldDescription[];
  seed: number;
}

/**
 * `npx monge run <method> --data FILE [--data input=FILE] [--role column=role] --set key=value … --seed N`.
 * Roles of a further input are written `--role input:column=role`.
 */
export function commandOf(parts: CommandParts, platform: NodeJS.Platform = process.platform): string {
  const words = ['npx', 'monge', 'run', parts.method];
  const first = parts.inputs[0];
  for (const { input, path } of parts.data) words.push('--data', input === first ? path : `${input}=${path}`);
  for (const { input, roles } of parts.data)
    for (const [column, role] of Object.entries(roles))
      words.push('--role', `${input === first ? '' : `${input}:`}${column}=${role}`);
  for (const field of parts.fields) {
    const value = parts.config[field.key];
    if (value === undefined || (value === field.default && !parts.given.includes(field.key))) continue;
    words.push('--set', `${field.key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  }
  words.push('--seed', String(parts.seed));
  return words.map((word) => quote(word, platform)).join(' ');
}

function quote(word: string, platform: NodeJS.Platform): string {
  if (platform === 'win32') {
    if (/^[A-Za-z0-9_./\\:=@+,-]+$/.test(word)) return word;
    return `"${word.replaceAll('"', '\\"')}"`;
  }
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
