/** @file A run as one file to take away: its metrics as CSV, its whole folder as a zip; or one file it wrote. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { zip, type AsyncZippable } from 'fflate';
import { MongeError } from '../../native-models/error';
import type { ExportedFile, MetricPoint, RunRecord } from '../contract/engine';
import { temporaryMark } from '../disk/files';
import { toCsv } from '../disk/metrics';
import { lockFile } from './owner';

export function exportCsv(points: readonly MetricPoint[], id: string): ExportedFile {
  return {
    name: `${id}-metrics.csv`,
    mediaType: 'text/csv',
    bytes: new TextEncoder().encode(toCsv(points)),
  };
}

/** The folder without lock and temporary files; one date for all entries, so equal runs give equal bytes. */
export async function exportZip(folder: string, id: string, created: Date): Promise<ExportedFile> {
  const files: AsyncZippable = {};
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const inside = path.slice(folder.length + 1).replaceAll('\\', '/');
    if (inside === lockFile || inside.includes(temporaryMark) || /^checkpoint\.(next|old)\//.test(inside))
      continue;
    // Parameters hardly compress; text does.
    const level = inside.endsWith('.safetensors') ? 0 : 6;
    files[`${id}/${inside}`] = [new Uint8Array(await readFile(path)), { level, mtime: created }];
  }
  const bytes = await new Promise<Uint8Array>((resolve, reject) => {
    zip(files, (error, data) => (error ? reject(error) : resolve(data)));
  });
  return { name: `${id}.zip`, mediaType: 'application/zip', bytes };
}

/** A file that the run wrote. @throws `artifact-unknown` for a name that its record does not list. */
export async function readArtifact(
  folder: string,
  { id, artifacts }: Pick<RunRecord, 'id' | 'artifacts'>,
  name: string,
): Promise<ExportedFile> {
  // The record lists plain file names only, so no listed name leads out of the folder.
  if (!artifacts.includes(name))
    throw new MongeError({
      code: 'artifact-unknown',
      what: 'this run wrote no such file',
      where: { key: id },
      got: name,
      expected: artifacts.join(', ') || 'none',
    });
  const bytes = new Uint8Array(await readFile(join(folder, 'artifacts', name)));
  return { name, mediaType: 'application/octet-stream', bytes };
}
