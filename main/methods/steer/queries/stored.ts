/** @file What the questions read of a run: its facts, and the hooks and points that are there so far. */
import { MongeError } from '../../../../native-models/error';
import type { QueryContext } from '../../../contract/query';
import type { SteerPoint } from '../../../contract/steer';
import type { FittedHook, SteeringRecipe } from '../../../contract/steering';
import { unpacked } from '../../../disk/packed-json';
import type { Inputs, SteerConfig } from '../config';
import type { RunFacts } from '../facts';
import { storedHook } from '../fit/stored';
import { names } from '../stages';
import { inOrder } from '../sweep/points';

export type SteerContext = QueryContext<SteerConfig, unknown, Inputs>;

/** @throws `steer-unfinished` before the texts are read */
export async function factsOf({ kept }: Pick<SteerContext, 'kept'>): Promise<RunFacts> {
  const stored = await kept(names.facts);
  if (stored) return unpacked<RunFacts>(stored);
  throw unfinished('the texts of this run are not read yet');
}

/** Hooks that are fitted, with their numbers among the chosen ones, in the order of the model. */
export async function fittedOf(
  context: Pick<SteerContext, 'kept' | 'keptNames'>,
): Promise<{ number: number; fitted: FittedHook }[]> {
  const { hooks } = await factsOf(context);
  const found: { number: number; fitted: FittedHook }[] = [];
  for (const number of hooks.keys()) {
    const arrays = context.keptNames.includes(names.hook(number))
      ? await context.kept(names.hook(number))
      : null;
    if (arrays) found.push({ number, fitted: storedHook(arrays) });
  }
  return found;
}

/** @throws `steer-unfinished`, `hook-unknown` */
export async function hookOf(
  context: SteerContext,
  hook: string,
): Promise<{ number: number; fitted: FittedHook }> {
  const { hooks } = await factsOf(context);
  const number = hooks.findIndex(({ id }) => id === hook);
  if (number < 0)
    throw new MongeError({
      code: 'hook-unknown',
      blame: 'input',
      what: 'this run steers no such place',
      where: { key: hook },
      expected: hooks.map(({ id }) => id).join(', '),
    });
  const arrays = await context.kept(names.hook(number));
  if (arrays) return { number, fitted: storedHook(arrays) };
  throw unfinished(`${hook} is not fitted yet`);
}

export async function pointsOf({
  kept,
  keptNames,
}: Pick<SteerContext, 'kept' | 'keptNames'>): Promise<SteerPoint[]> {
  const points: SteerPoint[] = [];
  for (const name of keptNames.filter((one) => one.startsWith('point.'))) {
    const arrays = await kept(name);
    if (arrays) points.push(unpacked<SteerPoint>(arrays));
  }
  return inOrder(points);
}

/** The recipe of the maps that are there. */
export function recipeFor({ recipe }: RunFacts, fitted: readonly { fitted: FittedHook }[]): SteeringRecipe {
  if (!recipe || fitted.length === 0) throw unfinished('no map of this run is there yet');
  return { ...recipe, hooks: fitted.map((one) => one.fitted.map.hook) };
}

export function unfinished(what: string): MongeError {
  return new MongeError({ code: 'steer-unfinished', what, help: 'wait for the run, or resume it' });
}
