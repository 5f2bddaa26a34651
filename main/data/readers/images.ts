/** @file A folder of PNG and JPEG images; each sub-folder is a class. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongeError } from '../../../native-models/error';
import { unreadable } from '../source';
import type { Table } from '../table';
import { checkImageCount, isImageName, isJunk, openImageSet, type ImageEntry } from './image-set';

/** Reads all images, in the order of their paths. Returns the table, total bytes and the hash over all entries. */
export async function openImageFolder(
  root: string,
  folderName: string,
): Promise<{ table: Table; bytes: number; sha256: string }> {
  const { entries, others } = await listImages(root, folderName);
  if (entries.length === 0)
    throw new MongeError({
      code: 'no-rows',
      blame: 'input',
      what: 'the folder holds no PNG or JPEG images',
      where: { file: folderName },
      got: `${others} other files`,
      help: 'images lie in the folder itself or in one sub-folder per class; a model has model.safetensors, or one .gguf, in it',
    });
  return openImageSet(folderName, entries, others);
}

/** Image files of the folder and its direct sub-folders, sorted; links are not followed. */
async function listImages(
  root: string,
  folderName: string,
): Promise<{ entries: ImageEntry[]; others: number }> {
  const entries: ImageEntry[] = [];
  let others = 0;
  async function visit(folder: string): Promise<void> {
    let found;
    try {
      found = await readdir(join(root, folder), { withFileTypes: true });
    } catch (cause) {
      throw unreadable(folder || folderName, cause);
    }
    for (const item of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (isJunk(item.name)) continue;
      if (item.isDirectory() && folder === '') await visit(item.name);
      else if (item.isFile() && isImageName(item.name)) {
        const name = folder ? `${folder}/${item.name}` : item.name;
        entries.push({ name, folder, label: name, read: () => readImage(root, name) });
      } else others += 1;
    }
    checkImageCount(folderName, entries.length);
  }
  await visit('');
  return { entries, others };
}

async function readImage(root: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(root, name));
  } catch (cause) {
    throw unreadable(name, cause);
  }
}
