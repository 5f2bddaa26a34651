/** @file The tiny ViT as a folder that can be opened, and what Pillow and transformers make of a picture (bench/reference/language/pictures.py). */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeSafetensors, encodeSafetensors, type StoredArray } from '../../../native-models';

const fixture = new URL('../../../native-models/zoo/language/fixtures/vit.safetensors', import.meta.url);
const pictures = new URL('testing/pictures.safetensors', import.meta.url);

export interface PictureReference {
  arrays: Readonly<Record<string, StoredArray>>;
  /** Configurations of processors, as preprocessor_config.json would have them. */
  processors: Record<'vit' | 'clip', Record<string, unknown>>;
  /** The PNG file. */
  file: Uint8Array;
}

export async function pictureReference(): Promise<PictureReference> {
  const { arrays, metadata } = decodeSafetensors(await readFile(pictures), pictures.pathname);
  const processor = (name: string) => JSON.parse(metadata[name]!) as Record<string, unknown>;
  return {
    arrays,
    processors: { vit: processor('vit'), clip: processor('clip') },
    file: Uint8Array.from(arrays.picture!.data as Uint8Array),
  };
}

/** Writes config.json, weights and, unless null, preprocessor_config.json; answers the folder. 12 × 12 pixels in patches of 4. */
export async function writeTinyVit(
  folder: string,
  preprocessor: Readonly<Record<string, unknown>> | null = null,
  change: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { arrays, metadata } = decodeSafetensors(await readFile(fixture), fixture.pathname);
  const weights = Object.fromEntries(
    Object.entries(arrays).filter(([name]) => /^(vit|classifier)\./.test(name)),
  );
  const config = { ...(JSON.parse(metadata.config!) as object), ...change };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeFile(join(folder, 'model.safetensors'), encodeSafetensors(weights));
  if (preprocessor) await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify(preprocessor));
  return folder;
}
