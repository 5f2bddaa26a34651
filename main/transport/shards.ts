/**
 * @file How a sum over all pairs is cut into pieces of work for several lanes, so that its bits depend on neither.
 *
 * Rows are taken in blocks, whose scores against all columns exist at one time, and blocks in shards, whose column sums
 * are added block by block. Both follow from the problem's size alone. A piece of work is a whole number of blocks of
 * one shard: pieces of one shard hand their column sums on, and shards are independent of each other.
 */
import { floats } from '../compute/run-rows';
import type { Compute, Device, HostTensor, Session } from '../contract/compute';

export interface ShardPlan {
  readonly rows: number;
  readonly width: number;
  /** Rows of a block. */
  readonly block: number;
  /** Blocks of a shard; the last shard may have fewer. */
  readonly shardBlocks: number;
  readonly shards: number;
  readonly blocks: number;
}

/** Scores of a block: measured best between one and eight megabytes, whatever the width. */
const BLOCK_SCORES = 2 ** 20;
const [LEAST_BLOCK, LARGEST_BLOCK] = [16, 64];
/** Pairs of a shard; enough to make a run's overhead small, few enough to keep several lanes equally long busy. */
const SHARD_PAIRS = 2 ** 24;
/** Up to this many pairs one shard: more would cost more than they share out. */
const LONE_SHARD_PAIRS = 2 ** 20;
/** Column sums of all shards are held at once. */
const MOST_SHARDS = 64;
const LEAST_SHARDS = 8;

export function planShards(rows: number, width: number): ShardPlan {
  const power = 2 ** Math.floor(Math.log2(BLOCK_SCORES / width));
  const block = Math.max(LEAST_BLOCK, Math.min(LARGEST_BLOCK, power));
  const blocks = Math.ceil(rows / block);
  const wanted = Math.max(rows / MOST_SHARDS, Math.min(rows / LEAST_SHARDS, SHARD_PAIRS / width));
  const shardBlocks = rows * width <= LONE_SHARD_PAIRS ? blocks : Math.ceil(wanted / block);
  return { rows, width, block, blocks, shardBlocks, shards: Math.ceil(blocks / shardBlocks) };
}

/** Where sessions run: threads of their own where there are such and the work is worth the messages. */
export async function lanesFor(
  compute: Compute,
  { rows, width }: ShardPlan,
  device: Device | undefined,
): Promise<readonly Compute[]> {
  if (device === 'webgpu' || rows * width <= LONE_SHARD_PAIRS) return [compute];
  return (await compute.lanes?.(compute.threads)) ?? [compute];
}

export interface BlockProgram {
  /** Runs every piece of the plan: `feeds` gives what goes in, null to leave it out, and `take` hears what came of it. */
  sweep(
    tileRows: number | undefined,
    feeds: (piece: Piece) => Record<string, HostTensor> | null,
    take: (piece: Piece, output: Record<string, HostTensor>) => void,
  ): Promise<void>;
  close(): Promise<void>;
}

/** A program on whole blocks of rows, with a session for every lane and number of blocks, opened when first needed. */
export function openBlockProgram(
  plan: ShardPlan,
  lanes: readonly Compute[],
  options: { device?: Device; label: string },
  program: (blocks: number) => Uint8Array,
): BlockProgram {
  const models = new Map<number, Uint8Array>();
  const sessions = new Map<string, Promise<Session>>();
  const sessionFor = ({ lane, blocks }: Piece): Promise<Session> => {
    const model = models.get(blocks) ?? program(blocks);
    models.set(blocks, model);
    const key = `${lane} ${blocks}`;
    const session = sessions.get(key) ?? lanes[lane]!.open(model, options);
    sessions.set(key, session);
    return session;
  };
  return {
    sweep: (tileRows, feeds, take) =>
      sweep(plan, lanes.length, tileRows, async (piece) => {
        const given = feeds(piece);
        if (given) take(piece, await (await sessionFor(piece)).run(given));
      }),
    async close() {
      const opened = await Promise.allSettled(sessions.values());
      sessions.clear();
      for (const session of opened) if (session.status === 'fulfilled') await session.value.close();
    },
  };
}

/** One piece of work: `blocks` blocks from row `first` on, of which `count` rows are there; the rest is filled up. */
export interface Piece {
  lane: number;
  shard: number;
  first: number;
  count: number;
  blocks: number;
}

/**
 * Calls `work` for every piece. Pieces of one shard come one after the other, in order; shards at the same time on as
 * many lanes as there are. `tileRows`: rows of a piece, rounded up to whole blocks; where that is more than a shard, a lane
 * takes several shards at once. Rejects with the first error, after what was under way has ended.
 */
export async function sweep(
  plan: ShardPlan,
  lanes: number,
  tileRows: number | undefined,
  work: (piece: Piece) => Promise<void>,
): Promise<void> {
  const tile = tileRows === undefined ? plan.shardBlocks : Math.max(1, Math.ceil(tileRows / plan.block));
  const together = Math.max(1, Math.floor(tile / plan.shardBlocks));
  let next = 0;
  let failed = false;
  const oneLane = async (lane: number) => {
    while (next < plan.shards && !failed) {
      const from = next;
      next = Math.min(plan.shards, from + together);
      const until = next;
      for (let shard = from; shard < until && !failed; shard++) {
        const end = Math.min(plan.blocks, (shard + 1) * plan.shardBlocks);
        for (let at = shard * plan.shardBlocks; at < end && !failed; at += tile) {
          const blocks = Math.min(tile, end - at);
          const first = at * plan.block;
          const count = Math.min(plan.rows - first, blocks * plan.block);
          await work({ lane, shard, first, count, blocks });
        }
      }
    }
  };
  const ends = await Promise.allSettled(
    Array.from({ length: lanes }, (_, lane) =>
      oneLane(lane).catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    ),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** Values of a piece's rows, [blocks, block, each], the rows that are not there filled up with `filling`. */
export function rowsOfShard(
  values: Float32Array,
  each: number,
  { first, count, blocks }: Piece,
  { block }: ShardPlan,
  filling = 0,
): HostTensor {
  const data = new Float32Array(blocks * block * each);
  data.set(values.subarray(first * each, (first + count) * each));
  if (filling !== 0) data.fill(filling, count * each);
  return floats(data, [blocks, block, each]);
}
