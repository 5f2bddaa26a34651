/** @file External weights of an ONNX file: every file it names found in its folder and long enough, or read in. */
import { realpath } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import {
  encodeModel,
  externalSpans,
  inlineExternal,
  relocateExternal,
  type ModelProto,
} from '../../native-models';
import { MongeError } from '../../native-models/error';
import { isBelow } from '../disk/path-policy';
import { findReferencedFile, readRange, short, type ReferencedFile } from './referenced-file';

/** Most that is read into memory at once; larger models are opened by the runtime straight from their files. */
const mostInline = 2 ** 31;

/**
 * The files that hold the model's external weights; none for a model that has all inside. `path` is the model's own.
 * @throws `external-invalid`, `referenced-file-outside`, `referenced-file-missing`, `referenced-file-short`.
 */
export async function locateExternalData(model: ModelProto, path: string): Promise<ReferencedFile[]> {
  const files = new Map<string, ReferencedFile>();
  for (const { tensor, location, offset, length } of about(path, () => externalSpans(model))) {
    const file = files.get(location) ?? (await findReferencedFile(path, location));
    files.set(location, file);
    if (offset + length > file.bytes) throw short(file.path, file.bytes, offset + length, tensor);
  }
  return [...files.values()];
}

/**
 * The model with its external weights read in.
 * @throws what `locateExternalData` throws, and `model-too-large` above 2 GiB.
 */
export async function readExternalData(model: ModelProto, path: string): Promise<ModelProto> {
  const files = await locateExternalData(model, path);
  const spans = about(path, () => externalSpans(model));
  const total = spans.reduce((sum, { length }) => sum + length, 0);
  if (total > mostInline)
    throw new MongeError({
      code: 'model-too-large',
      what: 'the weights of this model are too large to be held in memory at once',
      where: { file: path },
      got: `${total.toLocaleString('en')} bytes`,
      expected: `at most ${mostInline.toLocaleString('en')}`,
    });
  const values = new Map<string, Uint8Array>();
  const key = (location: string, offset: number, length: number) => `${offset} ${length} ${location}`;
  for (const { location, offset, length } of spans) {
    const file = files.find((candidate) => candidate.location === location)!;
    const bytes = await readRange(file.path, offset, offset + length);
    values.set(key(location, offset, length), bytes);
  }
  return inlineExternal(model, ({ location, offset, length }) => values.get(key(location, offset, length))!);
}

/**
 * The model and the folder as the runtime wants them: it follows no link out of the folder. In a download cache the
 * model and its data are both links to files of other names in one place, so there the model is told those names.
 */
export async function forRuntime(
  { bytes, model, path }: { bytes: Uint8Array; model: ModelProto; path: string },
  files: readonly ReferencedFile[],
): Promise<{ bytes: Uint8Array; folder?: string }> {
  if (files.length === 0) return { bytes };
  const folder = await realpath(dirname(path));
  if (files.every(({ realPath }) => isBelow(folder, realPath))) return { bytes, folder };
  const trueFolder = dirname(await realpath(path));
  const renamed = relocateExternal(model, (location) => {
    const file = files.find((candidate) => candidate.location === location)!;
    return relative(trueFolder, file.realPath).replaceAll('\\', '/');
  });
  return { bytes: encodeModel(renamed), folder: trueFolder };
}

/** What `read` gives; its errors say which file they are about. */
export function about<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof MongeError)) throw thrown;
    throw new MongeError(
      { ...thrown.detail, where: { ...thrown.detail.where, file: path } },
      { cause: thrown },
    );
  }
}
