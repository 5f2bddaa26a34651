/** @file A GGUF file as a checkpoint. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  dequantise,
  ggufConfig,
  ggufWeights,
  readGguf,
  type ByteSource,
  type GgufIndex,
} from '../../native-models';
import { MongeError } from '../../native-models/error';
import { hashFiles } from '../disk/files';
import type { Checkpoint } from './checkpoint';
import { KeptHeads } from './kept-heads';
import { refusePointer, unreadableFile } from './model-file';
import { readRange } from './referenced-file';

/** A file of the disk as bytes that can be asked for more. @throws `file-not-found`, `file-unreadable`, `file-is-pointer` */
export async function fileSource(path: string): Promise<ByteSource> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new Error('something that is no file');
    refusePointer(await readRange(path, 0, Math.min(64, found.size)), path);
    return { name: path, size: found.size, read: (from, to) => readRange(path, from, to) };
  } catch (thrown) {
    if (thrown instanceof MongeError) throw thrown;
    throw unreadableFile(path, thrown);
  }
}

const heads = new KeptHeads<GgufIndex>(({ headBytes }) => headBytes, 2 ** 27);

/** The head of a GGUF file, vocabulary and all. @throws what `fileSource` and `readGguf` throw */
export const ggufHeadOf = (path: string): Promise<GgufIndex> =>
  heads.get(path, async () => readGguf(await fileSource(path)));

/** @throws the codes of `readGguf`, `ggufWeights` and `ggufConfig`, `gguf-split` */
export async function openGgufCheckpoint(path: string): Promise<Checkpoint> {
  const source = await fileSource(path);
  const index = await ggufHeadOf(path);
  refuseParts(index, path);
  const weights = ggufWeights(index, source);
  const config = await ggufConfig(
    index,
    async ({ type, from, to }) => dequantise(type, await source.read(from, to)),
    path,
  );
  let hash: Promise<string> | undefined;
  return {
    ...weights,
    format: 'gguf',
    path,
    files: [path],
    sha256: () => (hash ??= hashFiles([path])),
    config,
    tokenizer: hasTokenizer(index) ? { kind: 'gguf', metadata: index.metadata } : null,
    licence: ggufLicence(index),
  };
}

/** Whether the vocabulary lies in the file. */
export function hasTokenizer({ metadata }: Pick<GgufIndex, 'metadata'>): boolean {
  return (
    typeof metadata.get('tokenizer.ggml.model') === 'string' &&
    Array.isArray(metadata.get('tokenizer.ggml.tokens'))
  );
}

/** The text of the licence, else its name. */
export function ggufLicence({ metadata }: Pick<GgufIndex, 'metadata'>): string | null {
  for (const key of [
    'general.license.text',
    'general.license',
    'general.license.name',
    'general.license.link',
  ]) {
    const value = metadata.get(key);
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

function refuseParts({ metadata }: GgufIndex, path: string): void {
  const parts = metadata.get('split.count');
  if (typeof parts !== 'number' || parts <= 1) return;
  throw new MongeError({
    code: 'gguf-split',
    blame: 'input',
    what: `${basename(path)} is one of several parts of a model`,
    where: { file: path, key: 'split.count' },
    got: String(parts),
    expected: 'a model in one file',
    help: 'join the parts with llama-gguf-split --merge',
  });
}
