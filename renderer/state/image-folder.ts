/** @file A folder of images from a drop or a picker: told from other folders, and packed into one archive to send. */
import { Zip, ZipPassThrough } from 'fflate';

export interface FolderFile {
  /** Path that begins with the folder's own name, with forward slashes. */
  path: string;
  file: File;
}

export interface Folder {
  name: string;
  files: readonly FolderFile[];
  /** True when it holds more than `folderLimits.files`; `files` are then only the first of them. */
  more: boolean;
  /** Its path on this machine; empty in a browser, which is not told. */
  place: string;
}

/** What is sent from a page at most; more belongs on the engine's machine. */
export const folderLimits = { files: 2000, bytes: 2 ** 30 };

export type FolderKind =
  | { kind: 'images'; images: readonly FolderFile[]; others: number; bytes: number }
  /** Images, but below the sub-folders that name classes. */
  | { kind: 'deep' }
  /** The files of one model. */
  | { kind: 'model' }
  | { kind: 'other' };

/** A folder is a model when it has weights, or a graph in it or one folder below, beside a config.json, one of images when more of its files are PNG or JPEG than are not. */
export function kindOfFolder({ files }: Folder): FolderKind {
  const top = files.filter(({ path }) => path.split('/').length === 2).map(({ path }) => path.toLowerCase());
  const graphs = files.some(({ path }) => /^[^/]+\/(onnx\/)?[^/]+\.onnx$/i.test(path));
  const weights = graphs || top.some((path) => path.endsWith('.safetensors'));
  if (weights && top.some((path) => path.endsWith('/config.json'))) return { kind: 'model' };
  const images = files.filter(({ path }) => /\.(png|jpe?g)$/i.test(path));
  if (images.length * 2 <= files.length) return { kind: 'other' };
  const used = images.filter(({ path }) => path.split('/').length <= 3);
  if (used.length === 0) return { kind: 'deep' };
  const bytes = used.reduce((sum, { file }) => sum + file.size, 0);
  return { kind: 'images', images: used, others: files.length - used.length, bytes };
}

/** Dot files and the Mac's resource forks; nobody means to open them. */
export function isJunkName(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX';
}

/**
 * A zip of the files under their paths. Stored, for images are compressed already; in path order and without
 * times, so that the same folder is the same data set every time. Null when `proceed` answers false.
 */
export async function packFolder(
  name: string,
  files: readonly FolderFile[],
  proceed: () => boolean,
): Promise<File | null> {
  const parts: Blob[] = [];
  const failures: Error[] = [];
  const zip = new Zip((error, piece) => {
    if (error) failures.push(error);
    // The browser may keep a blob on disk; an array would stay in memory.
    else parts.push(new Blob([piece.slice()]));
  });
  const ordered = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, file } of ordered) {
    if (!proceed()) return null;
    const entry = new ZipPassThrough(path);
    entry.mtime = new Date(1980, 0, 1);
    zip.add(entry);
    entry.push(new Uint8Array(await file.arrayBuffer()), true);
    if (failures[0]) throw failures[0];
  }
  zip.end();
  return new File(parts, `${name}.zip`, { type: 'application/zip' });
}
