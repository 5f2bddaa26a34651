/** @file Units of a hook in numbers, in a picture, and hooks beside each other by what happens to shares of their units. */
import { MongeError } from '../../../../native-models/error';
import type { SteerLayers, SteerUnits } from '../../../contract/steer';
import type { FittedHook, SteeringUnitView } from '../../../contract/steering';
import { unitView } from '../../../steering/unit-view';
import type { FittedMethod } from '../../../steering/fitters';
import { storedSides } from '../fit/stored';
import { names } from '../stages';
import { fittedOf, hookOf, type SteerContext } from './stored';

/** Shares of the units of a hook in a heat map. */
const BINS = 24;

export async function unitsOf(context: SteerContext, hook: string): Promise<SteerUnits> {
  const { map, fits } = (await hookOf(context, hook)).fitted;
  return { hook, ...fits, steered: map.units };
}

/** @throws `steer-no-sides` of maps that were not fitted here, `steering-unit`, and as `hookOf` */
export async function unitOf(
  context: SteerContext,
  { hook, unit }: { hook: string; unit: number },
): Promise<SteeringUnitView> {
  const { number, fitted } = await hookOf(context, hook);
  const sides = await context.kept(names.sides(number));
  if (!sides)
    throw new MongeError({
      code: 'steer-no-sides',
      blame: 'input',
      what: 'these maps were not fitted by this run, so that there are no values to draw them beside',
      where: { key: hook },
    });
  const { method } = context.config;
  // What is learned through the whole model is held against the lines that transport unit by unit would have by chance.
  const line: FittedMethod = method === 'lineas' ? 'linear-act' : method;
  return unitView(fitted.map, storedSides(sides), unit, { method: line, seed: context.seed });
}

export async function layersOf(context: SteerContext): Promise<SteerLayers> {
  const all = await fittedOf(context);
  const size = all.length * BINS;
  const out: SteerLayers = {
    hooks: all.map(({ fitted }) => fitted.map.hook),
    bins: BINS,
    ...{ before: new Float64Array(size), after: new Float64Array(size) },
    ...{ slope: new Float64Array(size), shift: new Float64Array(size) },
  };
  for (const [row, { fitted }] of all.entries())
    for (const [bin, units] of binned(fitted).entries())
      for (const name of ['before', 'after', 'slope', 'shift'] as const)
        out[name][row * BINS + bin] = meanOf(fitted.fits[name], units);
  return out;
}

/** Units by W₂ before, the farthest first, in equal shares; by number where that is not known. */
function binned({ fits }: FittedHook): number[][] {
  const order = Array.from(fits.before.keys());
  order.sort((a, b) => fits.before[b]! - fits.before[a]! || 0 || a - b);
  return Array.from({ length: BINS }, (_, bin) =>
    order.slice(Math.floor((bin * order.length) / BINS), Math.floor(((bin + 1) * order.length) / BINS)),
  );
}

/** Over the units of which the figure is known; NaN of none. */
function meanOf(values: Float64Array, units: readonly number[]): number {
  const known = units.map((unit) => values[unit]!).filter(Number.isFinite);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
