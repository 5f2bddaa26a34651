/** @file What every reader of a format is: a cheap test on the first bytes, and a full read into columns. */
import { zipEntries, type ZipEntry } from '../../../native-models/io/zip';
import type { ByteSource } from '../source';
import type { Table } from '../table';
import type { DataFormat } from '../../contract/data';

export interface Reader {
  readonly format: DataFormat;
  /** File extensions (without .gz) that promise this format; a file that has one but does not match is an error. */
  readonly extensions: readonly string[];
  /** True when a file with these first bytes and this lower-case name (without .gz) is of this format. */
  match(head: Uint8Array, name: string, source: ByteSource): boolean;
  open(source: ByteSource): Promise<Table>;
}

/** True when `head` begins with the given bytes. */
export function startsWith(head: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, i) => head[i] === byte);
}

/** True when `head` is the beginning of a zip archive, or the whole of an empty one. */
export function isZip(head: Uint8Array): boolean {
  return startsWith(head, [0x50, 0x4b, 3, 4]) || startsWith(head, [0x50, 0x4b, 5, 6]);
}

/** A reader of zip archives whose names end so; `open` is given the members. */
export function zipReader(
  format: DataFormat,
  extension: string,
  open: (source: ByteSource, members: ZipEntry[]) => Promise<Table>,
): Reader {
  return {
    format,
    extensions: [extension],
    match: (head, name) => name.endsWith(`.${extension}`) && isZip(head),
    open: async (source) => open(source, zipEntries(source.name, await source.readAll())),
  };
}

/** The lower-case file name without a .gz at its end. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.(gz|gzip)$/, '');
}

/** The extension of a lower-case name, without the dot; empty when there is none. */
export function extensionOf(name: string): string {
  return /\.([a-z0-9]+)$/.exec(name)?.[1] ?? '';
}
