/** @file What share of a text steering moves, hook by hook: of the units of tokens those inside the supports. */
import { insideOutput } from '../../../native-models';
import type { ExactLevel } from '../../contract/language';
import type { Steering } from '../../contract/steering';
import type { Insides } from '../insides/insides';
import { planOf, strengthFeeds } from './strength';

/** Padding never seen; any id will do. */
const PADDING = 0;

/**
 * The share by hook, 0 to 1: units that were moved ÷ steered units of all tokens that are no padding, first ones included.
 * Counted in the graph while all maps are on at their strengths, so that a later hook sees what earlier ones did. NaN for a
 * map that steers no unit. @throws the codes of steering and of the session
 */
export async function transportedShares(
  insides: Pick<Insides, 'runs' | 'hooks'>,
  ids: readonly (readonly number[])[],
  steering: Steering,
  level: ExactLevel,
): Promise<Map<string, number>> {
  const plan = { ...planOf(steering, insides.hooks), counted: true };
  const width = Math.max(...ids.map(({ length }) => length));
  const padded = ids.map((row) => [...row, ...Array<number>(width - row.length).fill(PADDING)]);
  const mask = ids.map((row) => Array.from({ length: width }, (_, k) => Number(k < row.length)));
  const tokens = ids.reduce((sum, { length }) => sum + length, 0);
  const counted = plan.hooks.filter(({ support }) => support).map(({ id }) => id);
  const moved = new Map<string, number>();
  if (counted.length > 0) {
    const runs = await insides.runs(level);
    const answer = await runs.run({
      ...{ ids: padded, mask, hooks: [counted.at(-1)!] },
      steering: { plan, feeds: strengthFeeds(steering, plan) },
    });
    const counts = answer[insideOutput]!.data as Float32Array;
    counted.forEach((id, k) => {
      const own = counts.subarray(k * ids.length, (k + 1) * ids.length);
      moved.set(
        id,
        own.reduce((sum, count) => sum + count, 0),
      );
    });
  }
  return new Map(
    steering.maps.map(({ hook, units }) => {
      const steered = units.reduce((sum, on) => sum + Number(on !== 0), 0);
      const everywhere = (tokens - (steering.first ? 0 : ids.length)) * steered;
      return [hook, (moved.get(hook) ?? everywhere) / (tokens * steered)];
    }),
  );
}
