/** @file Parquet by hyparquet, one row group at a time; every compression the format knows. */
import { open } from 'node:fs/promises';
import { parquetMetadataAsync, parquetReadObjects, parquetSchema, type FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { MongeError } from '../../../native-models/error';
import { columnBuilder, type ColumnBuilder } from '../builder';
import { valueCells } from '../cells';
import { checkExpansion, MAXIMUM_COLUMNS } from '../limits';
import type { ByteSource } from '../source';
import type { DatasetWarning } from '../../contract/data';
import { inexactWarning } from './csv';
import { startsWith, type Reader } from './reader';

const MAGIC = [0x50, 0x41, 0x52, 0x31];

interface RandomAccess {
  byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

export const parquetReader: Reader = {
  format: 'parquet',
  extensions: ['parquet', 'pq'],
  match: (head) => startsWith(head, MAGIC),
  async open(source) {
    const { access, close } = await randomAccess(source);
    try {
      return await readTable(source, access);
    } catch (cause) {
      if (cause instanceof MongeError) throw cause;
      throw new MongeError(
        {
          code: 'corrupt-parquet',
          what: 'the Parquet file cannot be read',
          where: { file: source.name },
          got: cause instanceof Error ? cause.message : String(cause),
          help: 'the file may be cut or damaged; fetch it again',
        },
        { cause },
      );
    } finally {
      await close();
    }
  },
};

async function readTable(source: ByteSource, file: RandomAccess) {
  const metadata = await readMetadata(source, file);
  const names = parquetSchema(metadata).children.map((child) => child.element.name);
  const rows = Number(metadata.num_rows);
  checkSizes(source, metadata, names.length, rows);
  let builders = await readOnce(file, metadata, names, new Set());
  const conflicts = new Set(names.filter((_, i) => builders[i]!.conflict));
  if (conflicts.size > 0) builders = await readOnce(file, metadata, names, conflicts);
  const warnings: DatasetWarning[] = [];
  const columns = builders.map((builder, i) => {
    const { column, inexact } = builder.finish();
    if (inexact > 0) warnings.push(inexactWarning(names[i]!, inexact));
    return column;
  });
  return { format: 'parquet' as const, columns, warnings };
}

async function readMetadata(source: ByteSource, file: RandomAccess): Promise<FileMetaData> {
  const tail = new Uint8Array(await file.slice(Math.max(0, file.byteLength - 8)));
  if (!startsWith(tail.subarray(-4), MAGIC))
    throw new MongeError({
      code: 'truncated',
      what: 'the file does not end like a Parquet file',
      where: { file: source.name, byte: file.byteLength },
      expected: 'PAR1 at the end',
      help: 'the copy or download was cut short; fetch the file again',
    });
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  if (length > file.byteLength - 8)
    throw new MongeError({
      code: 'header-too-large',
      what: 'the file declares a footer larger than itself',
      where: { file: source.name, byte: file.byteLength - 8 },
      got: `${length.toLocaleString('en')} bytes`,
      expected: `at most ${(file.byteLength - 8).toLocaleString('en')}`,
    });
  return parquetMetadataAsync(file);
}

function checkSizes(source: ByteSource, metadata: FileMetaData, columns: number, rows: number): void {
  if (columns > MAXIMUM_COLUMNS)
    throw new MongeError({
      code: 'too-many-columns',
      what: 'the table is wider than this reader takes',
      where: { file: source.name },
      got: `${columns} columns`,
      expected: `at most ${MAXIMUM_COLUMNS}`,
    });
  const groups = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (groups !== rows || !Number.isSafeInteger(rows))
    throw new MongeError({
      code: 'corrupt-parquet',
      what: 'the row groups do not add up to the number of rows',
      where: { file: source.name },
      got: `${groups} rows in groups, ${rows} in all`,
    });
  const content = metadata.row_groups
    .flatMap((group) => group.columns)
    .reduce((sum, column) => sum + Number(column.meta_data?.total_uncompressed_size ?? 0), 0);
  checkExpansion(source.name, source.bytes, content);
}

async function readOnce(
  file: RandomAccess,
  metadata: FileMetaData,
  names: readonly string[],
  asText: ReadonlySet<string>,
): Promise<ColumnBuilder<unknown>[]> {
  const cells = valueCells();
  const builders = names.map((name) => columnBuilder(name, cells, asText.has(name)));
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows: Record<string, unknown>[] = await parquetReadObjects({
      file,
      metadata,
      compressors,
      rowStart,
      rowEnd,
    });
    for (const row of rows) names.forEach((name, i) => builders[i]!.push(row[name]));
    rowStart = rowEnd;
  }
  return builders;
}

/** Pieces of the file on demand; a gzipped one has to be held whole. */
async function randomAccess(
  source: ByteSource,
): Promise<{ access: RandomAccess; close: () => Promise<void> }> {
  if (source.compression === 'gzip') {
    const bytes = await source.readAll();
    const slice = async (start: number, end?: number) => new Uint8Array(bytes.subarray(start, end)).buffer;
    return { access: { byteLength: bytes.length, slice }, close: async () => {} };
  }
  const handle = await open(source.path);
  const slice = async (start: number, end = source.bytes) => {
    const from = start < 0 ? source.bytes + start : start;
    const length = Math.max(0, Math.min(end, source.bytes) - from);
    const buffer = new ArrayBuffer(length);
    await handle.read(new Uint8Array(buffer), 0, length, from);
    return buffer;
  };
  return { access: { byteLength: source.bytes, slice }, close: () => handle.close() };
}
