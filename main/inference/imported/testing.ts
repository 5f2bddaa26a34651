/** @file Tiny exports as folders that exporters write, in a temporary place that goes with them. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { loadTensorFixture } from '../../../native-models/testing/language-fixture';

const exportsFolder = new URL('../../models/testing/exports/', import.meta.url);
const wordsFile = new URL('testing/words.tokenizer.json', import.meta.url);

export interface FolderLayout {
  /** Where model.onnx lies: `` or `onnx`. */
  below?: '' | 'onnx';
  config?: boolean;
  tokenizer?: boolean;
  /** Another graph in place of the export. */
  changed?: (bytes: Uint8Array) => Uint8Array;
}

/** The bytes of a fixture: `decoders/llama.script`, `roles/bert.script`. */
export async function exportBytes(name: string): Promise<Uint8Array> {
  const packed = name.startsWith('decoders/');
  const bytes = await readFile(new URL(`${name}.onnx${packed ? '.gz' : ''}`, exportsFolder));
  return packed ? gunzipSync(bytes) : bytes;
}

/** Folders of exports; `close` removes them. */
export class ExportFolders {
  readonly root: Promise<string>;

  /** In a folder of their own below `parent`. */
  constructor(parent = tmpdir()) {
    this.root = mkdtemp(join(parent, 'monge-exports-'));
  }

  /** A folder with model.onnx and the texts beside it. */
  async of(
    name: string,
    { below = '', config = true, tokenizer = true, changed = (bytes) => bytes }: FolderLayout = {},
  ): Promise<string> {
    const folder = await mkdtemp(join(await this.root, 'model-'));
    await mkdir(join(folder, below), { recursive: true });
    await writeFile(join(folder, below, 'model.onnx'), changed(await exportBytes(name)));
    const family = name.split('/')[1]!.split('.')[0]!;
    if (config)
      await writeFile(join(folder, 'config.json'), JSON.stringify(loadTensorFixture(family).config));
    if (tokenizer) await writeFile(join(folder, 'tokenizer.json'), await readFile(wordsFile));
    return folder;
  }

  async close(): Promise<void> {
    await rm(await this.root, { recursive: true });
  }
}
