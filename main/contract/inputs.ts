/** @file What a method can be given: the kinds of inputs, and how a run records what it was given. */
import type { DatasetInfo, Role } from './data';
import { titled, type Json, type Words } from './schema';

export type InputKind = 'dataset' | 'model' | 'vectors' | 'text' | 'run';

/** The flag of the command line that gives an input of each kind. */
export const flagOf = {
  dataset: 'data',
  model: 'model',
  vectors: 'vectors',
  text: 'text',
  run: 'run',
} as const satisfies Record<InputKind, string>;

export const inputKinds = ['dataset', 'model', 'vectors', 'text', 'run'] as const satisfies InputKind[];

interface AnyInput {
  title: string;
  help: string;
  optional: boolean;
  /** What is used when an optional input is not given, in a word or two. */
  without?: string;
  /** The input is used only when a setting has one of these values; else what is given for it is left out. */
  onlyWhen?: { key: string; values: readonly Json[] };
  /** Any number of them is taken, in the order in which they are given. */
  several?: boolean;
}

export interface DatasetDeclaration extends AnyInput {
  kind: 'dataset';
  /** What the data set must offer; of a `table` the method itself says which columns it takes. */
  needs: 'features' | 'features-and-label' | 'text' | 'table';
}

/** A model: an ONNX file or, where a language model is needed, a GGUF file or a folder with safetensors. */
interface ModelDeclaration extends AnyInput {
  kind: 'model';
  needs?: 'language';
}

/** Arrays with names (NPY, NPZ, safetensors); rows of text (plain, JSON Lines, a column of a table). */
export interface FileDeclaration extends AnyInput {
  kind: 'vectors' | 'text';
}

/** An earlier run. */
export interface RunDeclaration extends AnyInput {
  kind: 'run';
  /** The method whose runs these are. */
  method: string;
  /** Files of the run's folder that are used, `*` standing for any part of a name: `artifacts/pairs-*.bin`. */
  files: readonly string[];
}

export type InputDeclaration = DatasetDeclaration | ModelDeclaration | FileDeclaration | RunDeclaration;

type WithoutWords<D> = D extends unknown ? Omit<D, 'title' | 'help'> : never;

/** An input from its words and traits: `input('Table: Any.', { kind: 'dataset', needs: 'table', optional: false })`. */
export function input<const D extends WithoutWords<InputDeclaration>>(words: Words, traits: D) {
  return { ...titled(words), ...traits };
}

/** Inputs by name. */
export type InputDeclarations = Readonly<Record<string, InputDeclaration>>;

interface AnyReference {
  /** The method's input name. */
  input: string;
  name: string;
  path: string;
  /** Of the content; of a run, of what it was made from and the files that are used. Empty in records of versions that kept none. */
  sha256: string;
}

export interface DatasetReference extends AnyReference {
  kind: 'dataset';
  rows: number;
  /** Roles by column name where the user changed the reader's guess. */
  roles: Record<string, Role>;
}

export interface FileReference extends AnyReference {
  kind: Exclude<InputKind, 'dataset'>;
}

/** What a run was given: enough to find it again and to know it by. */
export type InputReference = DatasetReference | FileReference;

/** The data sets among the inputs, as far as they are known before anything runs. */
export type DatasetInfos = Readonly<Record<string, DatasetInfo | undefined>>;

/** Whether a run with these settings looks at the input at all. */
export function inUse(
  { onlyWhen }: Pick<InputDeclaration, 'onlyWhen'>,
  config: Readonly<Record<string, Json>>,
): boolean {
  return !onlyWhen || config[onlyWhen.key] === undefined || onlyWhen.values.includes(config[onlyWhen.key]!);
}
