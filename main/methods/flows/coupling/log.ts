/**
 * @file Pair logs: files of row numbers and noise keys from which the pairs of a run can be had again without pairing.
 *
 * Layout, little-endian: the mark `MONGEPRS`, Uint32 length of the header, the header as JSON filled up with spaces to a
 * multiple of 4; Int32 row numbers, pool after pool; where the header says `indexed`, Int32 numbers of the source points
 * likewise; for each pool its key as two Uint64, the seed and the number of the pool; SHA-256 of everything
 * before. Pair k of a pool is row number k and source point k of its key, or the one that is numbered.
 */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { MongeError } from '../../../../native-models/error';
import type { FlowsConfig } from '../config';
import { POOL_NOISE } from '../points/source';
import { reportNumbers, type PairedPool, type PairData } from './coupling';

const MARK = new TextEncoder().encode('MONGEPRS');
const HASH_BYTES = 32;
const KEY_BYTES = 16;
const LARGEST_HEADER = 2 ** 26;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Numbers that JSON lacks are stored as null. */
const number = v.nullable(v.number());
const headerSchema = v.object({
  format: v.literal(1),
  /** SHA-256 of the points that are paired, in model units: the data, and a source data set. */
  dataset: v.string(),
  rows: count,
  dimension: count,
  source: v.picklist(['noise', 'data']),
  /** Label of the noise's random stream. */
  label: v.string(),
  coupling: v.string(),
  problem: v.string(),
  cost: v.string(),
  centre: v.boolean(),
  /** Principal components of the cost; 0 for all coordinates. */
  components: count,
  condition: v.string(),
  conditionCoupling: v.string(),
  seed: count,
  /** Pairs of a pool, n. */
  poolSize: v.pipe(count, v.minValue(1)),
  /** Whether pairs name their source points; otherwise each pool uses all of them in order. */
  indexed: v.boolean(),
  pools: v.array(
    v.object({
      pool: count,
      ...reportNumbers(() => number),
      converged: v.boolean(),
      metrics: v.record(v.string(), number),
    }),
  ),
});

export type LogHeader = v.InferOutput<typeof headerSchema>;
/** What a log says of its run, without the pools. */
export type LogFacts = Omit<LogHeader, 'pools' | 'indexed'>;

/** The facts of the run that pairs `data` with these settings. */
export function logFacts(data: PairData, config: FlowsConfig, seed: number): LogFacts {
  const { coupling, problem, cost, centre, components, condition, conditionCoupling, poolSize } = config;
  const { kind, dimension } = data.source;
  return {
    format: 1,
    dataset: fingerprint(data),
    rows: data.target.length / dimension,
    ...{ dimension, source: kind, label: POOL_NOISE },
    ...{ coupling, problem, cost, centre, components, condition, conditionCoupling, seed, poolSize },
  };
}

/** SHA-256 over the points that pairs refer to: the data in model units, and the source's where it is a data set. */
export function fingerprint({ target, source }: Pick<PairData, 'target' | 'source'>): string {
  const hash = createHash('sha256').update(target);
  if (source.points) hash.update(source.points);
  return hash.digest('hex');
}

/** One file of whole pools: all their source points in order, each with a row. */
export function encodePairLog(facts: LogFacts, pools: readonly PairedPool[], first: number): Uint8Array {
  const indexed = pools.some(({ indices }) => indices);
  const header: LogHeader = {
    ...facts,
    indexed,
    // Named one by one: the same pools give the same bytes, whether they were just made or read again.
    pools: pools.map(({ report }, k) => ({
      pool: first + k,
      ...reportNumbers((name) => finite(report[name])),
      converged: report.converged,
      metrics: Object.fromEntries(Object.entries(report.metrics).map(([name, of]) => [name, finite(of)])),
    })),
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(Math.ceil(text.length / 4) * 4).fill(32);
  padded.set(text);
  const keys = BigUint64Array.from(
    pools.flatMap(({ key }) => [key.seed, key.pool]),
    BigInt,
  );
  const parts = [
    MARK,
    bytesOf(Uint32Array.of(padded.length)),
    padded,
    ...pools.map(({ rows }) => bytesOf(rows)),
    ...(indexed ? pools.map(({ rows, indices }) => bytesOf(indices ?? rows.map((_, k) => k))) : []),
    bytesOf(keys),
  ];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(Buffer.concat([...parts, hash.digest()]));
}

/** Throws `pair-log-unreadable` for another kind of file and `pair-log-damaged` for one that is cut short or changed. */
export function decodePairLog(bytes: Uint8Array, file: string): { header: LogHeader; pools: PairedPool[] } {
  if (bytes.length < MARK.length || !MARK.every((byte, k) => bytes[k] === byte))
    throw new MongeError({
      code: 'pair-log-unreadable',
      what: 'this is not a file of pairs',
      where: { file },
      expected: 'a pairs-*.bin file from the artifacts of a run',
    });
  const start = MARK.length + 4;
  if (bytes.length < start + HASH_BYTES) throw damaged(file, `${bytes.length} bytes`, 'a header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(MARK.length, true);
  if (length > LARGEST_HEADER || length % 4 !== 0 || start + length + HASH_BYTES > bytes.length)
    throw damaged(file, `a header of ${length} bytes`, `at most ${bytes.length - start - HASH_BYTES}`);
  const body = bytes.length - HASH_BYTES;
  const found = createHash('sha256').update(bytes.subarray(0, body)).digest();
  if (!found.equals(bytes.subarray(body)))
    throw damaged(file, 'contents that do not match their SHA-256', 'the bytes as they were written');
  const header = readHeader(bytes.subarray(start, start + length), file);
  const { poolSize, pools, indexed } = header;
  const ofPair = indexed ? 2 : 1;
  const expected = start + length + pools.length * (ofPair * poolSize * 4 + KEY_BYTES) + HASH_BYTES;
  if (bytes.length !== expected) throw damaged(file, `${bytes.length} bytes`, `${expected}`);
  // Copied: typed arrays need an offset that is a multiple of four.
  const content = new Uint8Array(bytes.subarray(start + length, body)).buffer;
  const ids = new Int32Array(content, 0, pools.length * poolSize);
  const points = new Int32Array(content, ids.byteLength, indexed ? ids.length : 0);
  const keyOf = (pool: number, part: number) =>
    Number(view.getBigUint64(body - (pools.length - pool) * KEY_BYTES + 8 * part, true));
  if (ids.some((row) => row < 0 || row >= header.rows))
    throw damaged(file, 'a row number that no row has', `0 to ${header.rows - 1}`);
  if (points.some((point) => point < 0 || point >= poolSize))
    throw damaged(file, 'the number of a source point that the pool does not have', `0 to ${poolSize - 1}`);
  return {
    header,
    pools: pools.map((report, k) => ({
      rows: ids.slice(k * poolSize, (k + 1) * poolSize),
      ...(indexed ? { indices: points.slice(k * poolSize, (k + 1) * poolSize) } : {}),
      key: { seed: keyOf(k, 0), pool: keyOf(k, 1), size: poolSize },
      report: {
        ...reportNumbers((name) => report[name] ?? (name === 'marginalError' ? Infinity : NaN)),
        converged: report.converged,
        metrics: Object.fromEntries(Object.entries(report.metrics).map(([name, of]) => [name, of ?? NaN])),
      },
    })),
  };
}

function readHeader(bytes: Uint8Array, file: string): LogHeader {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw damaged(file, 'a header that is not JSON', 'JSON');
  }
  const parsed = v.safeParse(headerSchema, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const place = v.getDotPath(issue) ?? 'header';
  throw damaged(file, `${place}: ${issue.received}`, issue.expected ?? 'another header');
}

function damaged(file: string, got: string, expected: string): MongeError {
  return new MongeError({
    code: 'pair-log-damaged',
    what: 'this file of pairs is cut short or was changed',
    where: { file },
    got,
    expected,
    help: 'copy it again from the run that wrote it, or make the pairs anew',
  });
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function bytesOf(array: Int32Array | Uint32Array | BigUint64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
