/** @file A folder as exporters write it: which .onnx file it stands for, and the texts of its model beside that or above it. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CheckpointTokenizer } from './checkpoint';
import { largestTexts, licenceBeside, tokenizerBeside, weightsInFolder } from './checkpoint-folder';
import { jsonObject, textBeside } from './folder-texts';
import { findInFolder } from './referenced-file';

/** In the order in which they are looked for, in the folder itself and in its folder `onnx`. */
const usualNames = [
  'model.onnx',
  'decoder_model.onnx',
  'decoder_with_past_model.onnx',
  'decoder_model_merged.onnx',
];
const subfolder = 'onnx';

/**
 * The ONNX file that a folder stands for: one of the usual names, or the only one there is. Null for what is no folder, for
 * a folder that holds a checkpoint, which is taken first, and for one that leaves it open. @throws `referenced-file-outside`
 */
export async function onnxInFolder(folder: string): Promise<string | null> {
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) return null;
  const hasCheckpoint = await weightsInFolder(folder).then(
    () => true,
    () => false,
  );
  if (hasCheckpoint) return null;
  const places = [folder, join(folder, subfolder)];
  for (const name of usualNames)
    for (const place of places) {
      const file = await findInFolder(place, name).catch(() => null);
      if (file) return file.path;
    }
  for (const place of places) {
    const models = (await readdir(place).catch(() => [])).filter((name) => /\.onnx$/i.test(name));
    const only = models.length === 1 ? await findInFolder(place, models[0]!) : null;
    if (only) return only.path;
  }
  return null;
}

/** The ONNX file that a path stands for: of a folder as exporters write it the one in it, else the path. */
export async function onnxFileOf(path: string): Promise<string> {
  return (await onnxInFolder(path)) ?? path;
}

/** What lies with an ONNX model and is no graph. */
export interface ModelTexts {
  /** Null where there is none. */
  config: Readonly<Record<string, unknown>> | null;
  tokenizer: CheckpointTokenizer | null;
  licence: string | null;
}

/**
 * The texts beside a model's file or, where that lies in a folder `onnx`, in the folder above it, which is the model's then.
 * @throws `config-not-json`, `file-too-large`, `referenced-file-outside`
 */
export async function textsOf(file: string): Promise<ModelTexts> {
  const above = basename(dirname(file)) === subfolder ? dirname(dirname(file)) : null;
  const folders = above === null ? [dirname(file)] : [dirname(file), above];
  const found: ModelTexts = { config: null, tokenizer: null, licence: null };
  for (const folder of folders) {
    // Names are followed from a file that is there.
    const owner = folder === above ? await anyOf(folder) : file;
    if (owner === null) continue;
    const config = await textBeside(owner, 'config.json', largestTexts.config);
    const tokenizer = await textBeside(owner, 'tokenizer.json', largestTexts.tokenizer);
    found.config ??= config && jsonObject(config);
    found.tokenizer ??= tokenizer && (await tokenizerBeside(owner, tokenizer)).tokenizer;
    found.licence ??= await licenceBeside(owner, {});
  }
  return found;
}

async function anyOf(folder: string): Promise<string | null> {
  for (const name of ['config.json', 'tokenizer.json']) {
    const found = await findInFolder(folder, name);
    if (found) return found.path;
  }
  return null;
}
