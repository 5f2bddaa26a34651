/** @file What a drop or a picker holds: single files, and folders with the files in them. */
import { folderLimits, isJunkName, type Folder, type FolderFile } from '../state/image-folder';

export interface Drop {
  files: File[];
  folders: Folder[];
}

/** The path of a file or folder on this machine; empty where the page is not told. */
export type PathOf = (file: File) => string;

/** All files and folders of a drop. Must be called while the drop event is handled. */
export async function readDrop(transfer: DataTransfer, pathOf: PathOf): Promise<Drop> {
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  // Items are empty once the event is over, so both are asked for before anything is waited for.
  const entries = items.map((item) => ({
    entry: item.webkitGetAsEntry?.() ?? null,
    file: item.getAsFile?.() ?? null,
  }));
  if (entries.every(({ entry }) => !entry?.isDirectory)) return { files: [...transfer.files], folders: [] };
  const drop: Drop = { files: [], folders: [] };
  for (const { entry, file } of entries) {
    if (entry?.isDirectory) {
      const files: FolderFile[] = [];
      const more = await collect(entry as FileSystemDirectoryEntry, entry.name, files);
      drop.folders.push({ name: entry.name, files, more, place: file ? pathOf(file) : '' });
    } else if (file) drop.files.push(file);
  }
  return drop;
}

/** The folder that a directory picker answers with: its files, each with the path below it. */
export function readPicked(picked: readonly File[], pathOf: PathOf): Drop {
  const all = picked.map((file): FolderFile => ({ path: file.webkitRelativePath, file }));
  const files = all.filter(({ path }) => !path.split('/').slice(1).some(isJunkName));
  const [first] = files;
  if (!first) return { files: [], folders: [] };
  const name = first.path.split('/')[0]!;
  const place = pathOf(first.file).slice(0, name.length - first.path.length);
  const more = files.length > folderLimits.files;
  return { files: [], folders: [{ name, files: files.slice(0, folderLimits.files), more, place }] };
}

/** Adds the files below a folder in name order; true when there are more than the limit. */
async function collect(
  folder: FileSystemDirectoryEntry,
  path: string,
  files: FolderFile[],
): Promise<boolean> {
  const entries = await entriesOf(folder);
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
    if (isJunkName(entry.name)) continue;
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory) {
      if (await collect(entry as FileSystemDirectoryEntry, inner, files)) return true;
    } else if (files.length >= folderLimits.files) return true;
    else files.push({ path: inner, file: await fileOf(entry as FileSystemFileEntry) });
  }
  return false;
}

/** A reader answers with some entries at a time, and with none at its end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
