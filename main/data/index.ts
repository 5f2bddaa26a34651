/** @file Opens a data set: sniffs the format, reads it into typed columns, hashes it, never modifies it. */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { MongeError } from '../../native-models/error';
import { arffReader } from './readers/arff';
import { cifarReader } from './readers/cifar';
import { csvReader, tsvReader } from './readers/csv';
import { idxReader, namedIdx } from './readers/idx';
import { openImageFolder } from './readers/images';
import { imagesZipReader } from './readers/images-zip';
import { jsonReader } from './readers/json';
import { jsonSetsReader } from './readers/json-sets';
import { jsonlReader } from './readers/jsonl';
import { npyReader } from './readers/npy';
import { npzReader } from './readers/npz';
import { parquetReader } from './readers/parquet';
import { extensionOf, plainName, type Reader } from './readers/reader';
import { textReader } from './readers/text';
import { openSource, type ByteSource } from './source';
import { tableDataset } from './table';
import type { DataFormat, Dataset, Role } from '../contract/data';
import { looksBinary } from './utf8';

/** In the order they are asked: formats with a magic number first, then text, from strict to loose. */
const READERS: readonly Reader[] = [
  parquetReader,
  npyReader,
  npzReader,
  imagesZipReader,
  idxReader,
  cifarReader,
  arffReader,
  tsvReader,
  jsonSetsReader,
  jsonlReader,
  jsonReader,
  csvReader,
  textReader,
];

export interface OpenOptions {
  /** Corrections of the guessed roles, by column name. */
  roles?: Readonly<Record<string, Role>>;
  /** Set when the file is a shipped sample. */
  sample?: string;
}

/**
 * Opens a file, or a folder of images, on this machine. Every failure is a MongeError that names
 * the file and the place in it; nothing is ever written.
 */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  const absolute = path.includes('\0') ? path : resolve(path);
  const sample = options.sample === undefined ? {} : { sample: options.sample };
  if (await isFolder(absolute)) {
    const name = basename(absolute);
    const { table, bytes, sha256 } = await openImageFolder(absolute, name);
    const origin = { name, path: absolute, compression: 'none' as const, bytes, sha256, ...sample };
    return tableDataset(table, origin, options.roles);
  }
  const source = await openSource(absolute);
  const table = await chooseReader(source).open(source);
  const { name, compression, bytes } = source;
  const origin = { name, path: source.path, compression, bytes, sha256: await source.sha256(), ...sample };
  return tableDataset(table, origin, options.roles);
}

/** The format and compression of a file or folder, from its first bytes and its name. Throws `unknown-format`, `wrong-magic`. */
export async function sniff(path: string): Promise<{ format: DataFormat; compression: 'none' | 'gzip' }> {
  if (await isFolder(path)) return { format: 'images', compression: 'none' };
  const source = await openSource(path);
  return { format: chooseReader(source).format, compression: source.compression };
}

async function isFolder(path: string): Promise<boolean> {
  // A path that cannot be looked at is reported by `openSource`, in one place.
  return stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

function chooseReader(source: ByteSource): Reader {
  const name = plainName(source.name);
  const extension = extensionOf(name);
  const file = source.name;
  if (isWideText(source.head))
    throw new MongeError({
      code: 'unsupported-encoding',
      what: 'the text is UTF-16, not UTF-8',
      where: { file, byte: 0 },
      help: 'save the file again as UTF-8',
    });
  if (MODEL_EXTENSIONS.includes(extension) || isModelHead(source.head)) throw modelNotData(file, extension);
  const reader = READERS.find((candidate) => candidate.match(source.head, name, source));
  const promised =
    READERS.find((candidate) => candidate.extensions.includes(extension)) ??
    (namedIdx(name) ? idxReader : undefined);
  if (promised && reader !== promised && (!reader || isBinary(promised)))
    throw isBinary(promised)
      ? wrongMagic(file, promised, source.head)
      : binaryAsText(file, promised, source.head);
  if (!reader)
    throw new MongeError({
      code: 'unknown-format',
      what: 'no reader knows this file',
      where: { file },
      got: describeHead(source.head),
      expected:
        'CSV, TSV, JSON Lines, a JSON list of objects or JSON sets of texts, text, NPY, NPZ, IDX, CIFAR-10 binary, ARFF, Parquet, a folder of images or a zip of them',
      help:
        extension === 'json'
          ? 'of JSON, lists of objects and JSON Lines (one object on every line) are read'
          : 'check that the file is what its name says',
    });
  return reader;
}

const MODEL_EXTENSIONS = ['onnx', 'gguf', 'safetensors', 'pt', 'pth'];

/** Weights that say what they are: GGUF by its magic, safetensors by a length and the JSON object that it measures. */
function isModelHead(head: Uint8Array): boolean {
  if (startsWith(head, 'GGUF')) return true;
  return (
    head.length > 10 && head[8] === 0x7b && head[9] === 0x22 && head.subarray(4, 8).every((b) => b === 0)
  );
}

function startsWith(head: Uint8Array, text: string): boolean {
  return [...text].every((letter, i) => head[i] === letter.charCodeAt(0));
}

function modelNotData(file: string, extension: string): MongeError {
  const isOnnx = extension === 'onnx';
  return new MongeError({
    code: 'model-not-data',
    what: isOnnx
      ? 'this is a model, and a data set is needed'
      : 'these are the weights of a model, and only ONNX models can be looked at yet',
    where: { file },
    expected: isOnnx ? 'a data set' : 'a data set or an ONNX model',
    help: isOnnx
      ? '`monge inspect` tells its inputs, outputs and operators'
      : 'export the model as ONNX, or drop a table, arrays, text or images',
  });
}

function isBinary(reader: Reader): boolean {
  return [parquetReader, npyReader, npzReader, imagesZipReader, idxReader].includes(reader);
}

function isWideText(head: Uint8Array): boolean {
  return (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
}

function wrongMagic(file: string, promised: Reader, head: Uint8Array): MongeError {
  return new MongeError({
    code: 'wrong-magic',
    what: `the file is named like ${(promised === imagesZipReader ? 'zip' : promised.format).toUpperCase()} but does not begin like it`,
    where: { file, byte: 0 },
    got: describeHead(head),
    help: 'the download may be an error page, or the name is wrong',
  });
}

function binaryAsText(file: string, promised: Reader, head: Uint8Array): MongeError {
  return new MongeError({
    code: 'unknown-format',
    what: `the file is named like ${promised.format.toUpperCase()} but its content is not text`,
    where: { file, byte: 0 },
    got: describeHead(head),
    help: 'check that the file is what its name says',
  });
}

function describeHead(head: Uint8Array): string {
  const first = head.subarray(0, 8);
  return looksBinary(head)
    ? `bytes ${[...first].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}`
    : `text “${Buffer.from(head.subarray(0, 40)).toString('utf8').split('\n', 1)[0]}”`;
}
