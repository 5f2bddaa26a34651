/** @file Model files: told from data by their first bytes, read whole, and refused with the file named. */
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { decodeModel, type ModelProto } from '../../native-models';
import { MongeError } from '../../native-models/error';
import { hashFiles } from '../disk/files';
import { isGguf } from './checkpoint';
import { weightsInFolder } from './checkpoint-folder';
import { locateExternalData } from './external-data';
import { checkTensors } from './judge';
import { readModelFile } from './model-file';
import { onnxFileOf } from './onnx-folder';
import { isSafetensorsName } from './safetensors-files';

/** Tags that an ONNX model can go on with after its version: see the numbers of ModelProto's fields. */
const SECOND_TAGS = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72, 0xa2, 0xca];
const NEWEST_IR_VERSION = 64;

export interface ModelFile {
  /** Absolute; the file or folder that was opened. */
  path: string;
  name: string;
  bytes: number;
  /** Of the file, or of it and the files that hold its weights. */
  sha256: string;
  model: ModelProto;
}

/** Whether a file, or a folder, is a model of any format: by its content, or its name. False when it cannot be read. */
export async function looksLikeModel(path: string): Promise<boolean> {
  return (await looksLikeOnnx(path)) || (await looksLikeCheckpoint(path));
}

/** Whether a file, or the one that a folder stands for, is to be read as an ONNX model: by its content, or its name. False when it cannot be read. */
export async function looksLikeOnnx(path: string): Promise<boolean> {
  if (path.includes('\0')) return false;
  const file = await onnxFileOf(path).catch(() => path);
  const head = await firstBytes(file).catch(() => null);
  if (head === null) return false;
  return /\.onnx$/i.test(file) || isOnnxHead(head);
}

/** Whether it is GGUF, or safetensors, or a folder with either. False when it cannot be read. */
export async function looksLikeCheckpoint(path: string): Promise<boolean> {
  if (path.includes('\0')) return false;
  try {
    const weights = await weightsInFolder(path);
    return isSafetensorsName(weights) || (await isGguf(weights));
  } catch {
    return false;
  }
}

/** An ONNX file begins with its format's version as a varint, followed by the tag of another field of a model. */
export function isOnnxHead(head: Uint8Array): boolean {
  const [tag, version, next] = head;
  if (tag !== 0x08 || version === undefined || next === undefined) return false;
  return version > 0 && version <= NEWEST_IR_VERSION && SECOND_TAGS.includes(next);
}

/**
 * `onProgress` is called now and then while large weights are read.
 * @throws `file-not-found`, `file-unreadable`, `file-too-large`, `empty-file`, `tensor-size` and the coded errors of the ONNX reader
 */
export async function readModel(given: string, onProgress: () => void = () => undefined): Promise<ModelFile> {
  const path = resolve(given);
  const name = basename(path);
  if (!(await looksLikeOnnx(path)) && (await looksLikeCheckpoint(path)))
    throw new MongeError({
      code: 'model-not-onnx',
      blame: 'input',
      what: 'this is a checkpoint, and an ONNX model is needed',
      where: { file: name },
      expected: 'an .onnx file',
      help: '`monge inspect` tells what the checkpoint is',
    });
  const file = await onnxFileOf(path);
  const bytes = await readModelFile(file);
  if (bytes.length === 0)
    throw new MongeError({
      code: 'empty-file',
      what: 'the file has no content',
      where: { file: name },
      got: '0 bytes',
      help: 'the download may have failed; fetch it again',
    });
  try {
    const model = decodeModel(bytes);
    checkTensors(model, name);
    const own = createHash('sha256').update(bytes).digest('hex');
    const sha256 = await hashFiles(await weightFiles(model, file), [own], onProgress);
    return { path, name, bytes: bytes.length, sha256, model };
  } catch (thrown) {
    if (!(thrown instanceof MongeError)) throw thrown;
    throw new MongeError(
      { ...thrown.detail, where: { ...thrown.detail.where, file: name } },
      { cause: thrown },
    );
  }
}

/** Files with weights of the model; none where one is missing or damaged: such a model is shown, but is refused by what runs it. */
async function weightFiles(model: ModelProto, path: string): Promise<string[]> {
  const files = await locateExternalData(model, path).catch(() => []);
  return files.map((file) => file.path);
}

async function firstBytes(path: string): Promise<Uint8Array | null> {
  if (!(await stat(path)).isFile()) return null;
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
