/** @file Pairs of an earlier run as a coupling: read from its log instead of made. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { MongeError } from '../../../../native-models/error';
import type { RunInput } from '../../../contract/opened';
import type { PairedPool, PoolCoupling, PairData } from './coupling';
import { decodePairLog, fingerprint, type LogHeader } from './log';

/**
 * Opens the pairs of a run. Everything is checked before the first pool. `notice` hears of pairs that are left out because
 * their rows are not among the training rows.
 * Throws `pair-log-missing`, `pair-log-damaged`, `pair-log-incomplete`, `pair-log-other-data` and `pair-log-held-out`.
 */
export async function replayPools(
  stored: RunInput,
  data: PairData,
  notice: (message: string) => void,
): Promise<PoolCoupling> {
  const allowed = new Uint8Array(data.target.length / data.source.dimension);
  for (const row of data.training) allowed[row] = 1;
  const dataset = fingerprint(data);
  /** Each with the number of its first pool in this coupling. */
  const files: { path: string; first: number }[] = [];
  let header: LogHeader | undefined;
  let [pools, pairs, left] = [0, 0, 0];
  const { files: paths } = await stored.open();
  if (paths.length === 0)
    throw new MongeError({
      code: 'pair-log-missing',
      what: 'there are no pairs in this run',
      where: { key: 'pairs', file: stored.path },
      expected: 'artifacts/pairs-*.bin',
      help: 'a run writes its pairs once enough of them are made; only runs that pair in pools do',
    });
  for (const file of paths) {
    const log = decodePairLog(await readFile(file), file);
    checkData(log.header, dataset, data, file);
    checkOrder(log.header, header, file);
    header = log.header;
    files.push({ path: file, first: pools });
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
      where: { key: 'pairs', file: stored.path },
      help: 'use the seed and the held-out share of the run that made the pairs',
    });
  if (left > 0)
    notice(
      `${left} of ${pairs} stored pairs were left out: their rows are not trained on in this run. With the seed and held-out share of the run that made them, all could be used.`,
    );
  let open: { path: string; pools: PairedPool[] } | null = null;
  return {
    poolSize: header!.poolSize,
    pools,
    stored: true,
    async pair(_work, pool) {
      const { path, first } = files.findLast(({ first }) => first <= pool)!;
      if (open?.path !== path) open = { path, pools: decodePairLog(await readFile(path), path).pools };
      return trainedOn(open.pools[pool - first]!, allowed);
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

function checkData(header: LogHeader, dataset: string, data: PairData, file: string): void {
  if (header.dataset === dataset && header.source === data.source.kind) return;
  throw new MongeError({
    code: 'pair-log-other-data',
    what: 'these pairs were made for other data',
    where: { key: 'pairs', file },
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
    where: { key: 'pairs', file },
    got: `${basename(file)} after pool ${last?.pool ?? 'none'}`,
    expected: last ? `pool ${last.pool + 1} next` : 'at least one pool',
  });
}
