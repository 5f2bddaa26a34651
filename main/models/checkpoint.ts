/** @file Checkpoints on disk, a GGUF file or a safetensors folder, opened as one thing: weights by name, configuration, tokenizer. */
import { open } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { isGgufHead, type WeightSource } from '../../native-models';
import { MongeError } from '../../native-models/error';
import { openSafetensorsCheckpoint, weightsInFolder } from './checkpoint-folder';
import { openGgufCheckpoint } from './checkpoint-gguf';
import { unreadableFile } from './model-file';
import { isSafetensorsName } from './safetensors-files';

/** What a tokenizer is made from: the texts of a folder's files, or the metadata of a GGUF file. */
export type CheckpointTokenizer =
  | { kind: 'json'; tokenizer: string; config?: string; chatTemplate?: string }
  | { kind: 'gguf'; metadata: ReadonlyMap<string, unknown> };

/** Weights under Hugging Face's names, whatever the file; each is read when it is asked for. */
export interface Checkpoint extends WeightSource {
  readonly format: 'gguf' | 'safetensors';
  /** Absolute; the file or folder that was opened. */
  readonly path: string;
  /** Absolute; the files it is made of, those with weights first. */
  readonly files: readonly string[];
  /** Of one file its own hash, of several one over theirs. Read at the first call: opening does not wait for it. */
  readonly sha256: () => Promise<string>;
  /** The object of config.json, or a GGUF's metadata in its words. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Null where none lies with the weights. */
  readonly tokenizer: CheckpointTokenizer | null;
  /** The licence's text, or its name where only that is said. */
  readonly licence: string | null;
}

/**
 * Opens a `.gguf` file, a folder with config.json and safetensors (in shards too) or with one `.gguf`, a `.safetensors`
 * file or index beside its config.json. Only heads and small texts are read, and nothing outside the folder.
 * @throws `file-not-found`, `file-unreadable`, `checkpoint-format`, `config-missing`, `config-not-json`,
 *   `file-too-large`, `referenced-file-…`, and the codes of `readGguf`, `ggufWeights`, `ggufConfig`, `openSafetensors`
 */
export async function openCheckpoint(given: string): Promise<Checkpoint> {
  const path = resolve(given);
  const weights = await weightsInFolder(path);
  if (await isGguf(weights)) return { ...(await openGgufCheckpoint(weights)), path };
  if (isSafetensorsName(weights)) return { ...(await openSafetensorsCheckpoint(weights)), path };
  throw new MongeError({
    code: 'checkpoint-format',
    blame: 'input',
    what: 'this is no checkpoint',
    where: { file: path },
    got: basename(path),
    expected: 'a .gguf file, a .safetensors file beside its config.json, or a folder with both',
  });
}

/** What a tokenizer is made from. @throws `tokenizer-missing` */
export function tokenizerOf({ tokenizer, path, format }: Checkpoint): CheckpointTokenizer {
  if (tokenizer) return tokenizer;
  throw new MongeError({
    code: 'tokenizer-missing',
    blame: 'input',
    what: 'no tokenizer lies with the weights, so texts cannot be read',
    where: { file: path },
    expected: format === 'gguf' ? 'tokenizer.ggml.model and tokenizer.ggml.tokens' : 'tokenizer.json',
    help:
      format === 'gguf'
        ? 'convert the model again, with its vocabulary'
        : 'put tokenizer.json beside config.json',
  });
}

/** Whether a file is to be read as GGUF: by its content, or because its name says so. @throws `file-not-found`, `file-unreadable` */
export async function isGguf(path: string): Promise<boolean> {
  if (/\.gguf$/i.test(path)) return true;
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(4), 0, 4, 0);
      return isGgufHead(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (thrown) {
    throw unreadableFile(path, thrown);
  }
}
