/** @file Pairs of an earlier run as a coupling: read from its log instead of made. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MongeError } from '../../../../native-models/error';
import type { PairedPool, PoolCoupling, PoolData } from './coupling';
import { decodePairLog, fingerprint, type LogHeader } from './log';

interface LogFile {
  path: string;
  /** Number of its first pool in this coupling, and how many it holds. */
  first: number;
  pools: number;
}

/**
 * Opens the pairs at `path`: the folder of a run, its artifacts, or one pairs file. Everything is checked before the
 * first pool. `notice` hears of pairs that are left out because their rows are not among the training rows.
 * Throws `pair-log-missing`, `pair-log-unreadable`, `pair-log-damaged`, `pair-log-incomplete`, `pair-log-other-data`
 * and `pair-log-held-out`.
 */
export async function replayPools(
  path: string,
  data: PoolData,
  notice: (message: string) => void,
): Promise<PoolCoupling> {
  const allowed = new Uint8Array(data.target.length / data.source.dimension);
  for (const row of data.training) allowed[row] = 1;
  const dataset = fingerprint(data);
  const files: LogFile[] = [];
  let header: LogHeader | undefined;
  let [pools, pairs, left] = [0, 0, 0];
  for (const file of await filesAt(path)) {
    const log = decodePairLog(await readFile(file), file);
    checkData(log.header, dataset, data, file);
    checkOrder(log.header, header, file);
    header = log.header;
    files.push({ path: file, first: pools, pools: log.pools.length });
    pools += log.pools.length;
    for (const { rows } of log.pools)
      for (const row of rows) {
        pairs++;
        if (!allowed[row]) left++;
      }
  }
  if (pairs === left)
    throw new MongeError({
      code: 'pair-log-held-out',
      what: 'this run trains on none of the rows that are paired in the log',
      where: { key: 'pairLog', file: path },
      help: 'use the seed and the held-out share of the run that made the pairs',
    });
  if (left > 0)
    notice(
      `${left} of ${pairs} stored pairs were left out: their rows are not trained on in this run. With the seed and held-out share of the run that made them, all could be used.`,
    );
  let open: { file: LogFile; pools: PairedPool[] } | null = null;
  return {
    kind: 'pools',
    poolSize: header!.poolSize,
    pools,
    stored: true,
    async pair(_work, pool) {
      const file = files.findLast(({ first }) => first <= pool)!;
      if (open?.file !== file)
        open = { file, pools: decodePairLog(await readFile(file.path), file.path).pools };
      return trainedOn(open.pools[pool - file.first]!, allowed);
    },
  };
}

/** The pairs whose rows are trained on. */
function trainedOn(paired: PairedPool, allowed: Uint8Array): PairedPool {
  if (paired.rows.every((row) => allowed[row])) return paired;
  const kept = Int32Array.from(paired.rows.keys()).filter((k) => allowed[paired.rows[k]!]);
  return {
    ...paired,
    rows: kept.map((k) => paired.rows[k]!),
    indices: kept.map((k) => paired.indices?.[k] ?? k),
  };
}

/** The pairs files of a run in order of their pools, or the one file. */
async function filesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile()) return [path];
  for (const folder of [join(path, 'artifacts'), path]) {
    const names = found ? await readdir(folder).catch(() => []) : [];
    const numbered = names.flatMap((name) => {
      const match = /^pairs-(\d{1,15})\.bin$/.exec(name);
      return match ? [{ name, number: Number(match[1]) }] : [];
    });
    if (numbered.length > 0)
      return numbered.sort((a, b) => a.number - b.number).map(({ name }) => join(folder, name));
  }
  throw new MongeError({
    code: 'pair-log-missing',
    what: found ? 'there are no pairs in this folder' : 'there is no such file or folder',
    where: { key: 'pairLog', file: path },
    expected: 'the folder of a run, or one of its pairs-*.bin files',
    help: 'a run writes its pairs once enough of them are made; only runs that pair in pools do',
  });
}

function checkData(header: LogHeader, dataset: string, data: PoolData, file: string): void {
  if (header.dataset === dataset && header.source === data.source.kind) return;
  throw new MongeError({
    code: 'pair-log-other-data',
    what: 'these pairs were made for other data',
    where: { key: 'pairLog', file },
    got: `${header.rows} rows of ${header.dimension} numbers, hash ${header.dataset.slice(0, 16)}…`,
    expected: `${data.target.length / data.source.dimension} rows of ${data.source.dimension} numbers, hash ${dataset.slice(0, 16)}…`,
    help: 'use the same data, column roles and source as the run that made the pairs',
  });
}

function checkOrder(header: LogHeader, before: LogHeader | undefined, file: string): void {
  const last = before?.pools.at(-1);
  const fits =
    header.pools.length > 0 &&
    (!before || (header.pools[0]!.pool === last!.pool + 1 && header.poolSize === before.poolSize));
  if (fits) return;
  throw new MongeError({
    code: 'pair-log-incomplete',
    what: 'a file of this log is missing, empty or from another run',
    where: { key: 'pairLog', file },
    got: `${basename(file)} after pool ${last?.pool ?? 'none'}`,
    expected: last ? `pool ${last.pool + 1} next` : 'at least one pool',
  });
}
