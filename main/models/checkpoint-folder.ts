/** @file Safetensors beside a config.json as a checkpoint: a folder as Hugging Face lays it out, or the file alone. */
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dequantise, type WeightType } from '../../native-models';
import { MongeError } from '../../native-models/error';
import { hashFiles } from '../disk/files';
import type { Checkpoint, CheckpointTokenizer } from './checkpoint';
import { jsonObject, textBeside, type FoundText } from './folder-texts';
import { unreadableFile } from './model-file';
import { findInFolder, readRange } from './referenced-file';
import { openSafetensors, usualNames, type PlacedTensor } from './safetensors-files';

/** Longer ones are those of a hostile file: tokenizers of 262,144 tokens take 35 MB. */
export const largestTexts = { config: 2 ** 22, tokenizer: 2 ** 27, template: 2 ** 20, licence: 2 ** 18 };

/** The types of weights, by their names in safetensors. */
export const weightTypeOf: ReadonlyMap<string, WeightType> = new Map([
  ['F32', 'F32'],
  ['F16', 'F16'],
  ['BF16', 'BF16'],
]);

/** The file with the weights, or with the index of their shards; a file is its own. @throws `checkpoint-format` and others */
export async function weightsInFolder(path: string): Promise<string> {
  const inside = await namesIn(path);
  if (!inside) return path;
  for (const name of usualNames) {
    const found = await findInFolder(path, name);
    if (found) return found.path;
  }
  const models = inside.filter((name) => /\.gguf$/i.test(name));
  const only = models.length === 1 ? await findInFolder(path, models[0]!) : null;
  if (only) return only.path;
  throw new MongeError({
    code: 'checkpoint-format',
    blame: 'input',
    what: 'this folder holds no checkpoint',
    where: { file: path },
    got: models.length > 1 ? `${models.length} .gguf files` : undefined,
    expected: `${usualNames.join(' or ')} beside config.json, one .gguf file, or an .onnx file`,
    help: models.length > 1 ? 'open one of the .gguf files' : undefined,
  });
}

/** Null for a file. @throws `file-not-found`, `file-unreadable` for neither: opening a pipe would wait for its writer */
async function namesIn(path: string): Promise<string[] | null> {
  try {
    const found = await stat(path);
    if (found.isFile()) return null;
    if (found.isDirectory()) return await readdir(path);
  } catch (thrown) {
    throw unreadableFile(path, thrown);
  }
  throw unreadableFile(path, new Error('something that is no file'));
}

/** Of a `.safetensors` file or an index of shards. @throws what `openCheckpoint` throws for it */
export async function openSafetensorsCheckpoint(path: string): Promise<Checkpoint> {
  const config = await textBeside(path, 'config.json', largestTexts.config);
  if (!config)
    throw new MongeError({
      code: 'config-missing',
      blame: 'input',
      what: 'there is no config.json beside the weights, so nothing says how they belong together',
      where: { file: join(dirname(path), 'config.json') },
      help: 'put the config.json of the model beside its weights',
    });
  const { files, tensors, metadata } = await openSafetensors(path);
  const tokenizer = await textBeside(path, 'tokenizer.json', largestTexts.tokenizer);
  const words = tokenizer && (await tokenizerBeside(path, tokenizer));
  // A template of chats is as much of the model as its weights: with another one it is another model.
  const all = [...files, config.path, ...(words?.files ?? [])];
  let hash: Promise<string> | undefined;
  return {
    ...weightsOf(path, tensors),
    format: 'safetensors',
    path,
    files: all,
    sha256: () => (hash ??= hashFiles(all)),
    config: jsonObject(config),
    tokenizer: words?.tokenizer ?? null,
    licence: await licenceBeside(path, metadata),
  };
}

function weightsOf(path: string, tensors: readonly PlacedTensor[]) {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const find = (name: string): { tensor: PlacedTensor; type: WeightType } => {
    const tensor = byName.get(name);
    const type = weightTypeOf.get(tensor?.dtype ?? '');
    if (tensor && type) return { tensor, type };
    throw new MongeError({
      code: tensor ? 'safetensors-dtype' : 'tensor-unknown',
      what: tensor ? 'this value type is none of weights' : 'the model has no such tensor',
      where: { file: tensor?.file ?? path, tensor: name },
      got: tensor?.dtype,
      expected: tensor ? [...weightTypeOf.keys()].join(', ') : [...byName.keys()].slice(0, 8).join(', '),
    });
  };
  const bytes = (name: string) => {
    const { file, from, to } = find(name).tensor;
    return readRange(file, from, to);
  };
  return {
    // Buffers of other types, positions for example, are no weights.
    names: tensors.filter(({ dtype }) => weightTypeOf.has(dtype)).map(({ name }) => name),
    has: (name: string) => weightTypeOf.has(byName.get(name)?.dtype ?? ''),
    shape: (name: string) => find(name).tensor.shape,
    type: (name: string) => find(name).type,
    bytes,
    float32: async (name: string) => dequantise(find(name).type, await bytes(name)),
  };
}

/** The tokenizer whose tokenizer.json lies beside `path`, with its configuration and chat template. @throws `file-too-large` */
export async function tokenizerBeside(
  path: string,
  tokenizer: FoundText,
): Promise<{ tokenizer: CheckpointTokenizer; files: string[] }> {
  const config = await textBeside(path, 'tokenizer_config.json', largestTexts.config);
  const template = await textBeside(path, 'chat_template.jinja', largestTexts.template);
  return {
    tokenizer: {
      kind: 'json',
      tokenizer: tokenizer.text,
      ...(config ? { config: config.text } : {}),
      ...(template ? { chatTemplate: template.text } : {}),
    },
    files: [tokenizer, config, template].flatMap((found) => found?.path ?? []),
  };
}

/** The licence beside `path`, or what the metadata of the weights say. @throws `file-too-large` */
export async function licenceBeside(
  path: string,
  metadata: Readonly<Record<string, string>>,
): Promise<string | null> {
  for (const name of ['LICENSE', 'LICENSE.txt', 'LICENSE.md']) {
    const found = await textBeside(path, name, largestTexts.licence);
    if (found) return found.text;
  }
  return metadata.license ?? null;
}
