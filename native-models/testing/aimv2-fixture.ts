/** @file The AIMv2 parity fixtures of ../shared, made from the published code: weights in two layouts, states and gradients. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gradient } from '../autodiff/gradient';
import type { HostArray } from '../evaluate/evaluate';
import type { Graph } from '../ir/graph';
import type { Tensors } from '../ir/tensor';
import { float32 } from '../ir/types';
import { decodeSafetensors } from '../io/safetensors';
import { multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { square } from '../ops/functions';
import { reduceSum } from '../ops/reduction';
import { trace } from '../trace/trace';
import { aimv2, type Aimv2, type Aimv2Features } from '../zoo/aimv2';
import { importAimv2 } from '../zoo/checkpoint';
import { expectClose } from './expect-close';
import { fixtureArray, inPrecision } from './parity';

const FOLDER = join(process.cwd(), '..', 'shared', 'fixtures', 'aimv2');

export type Aimv2FixtureName = 'tiny-absolute' | 'tiny-native';

/** Whether the fixtures are there; where not, tests of them are skipped with a warning. */
export const aimv2FixturesPresent = existsSync(FOLDER);
if (!aimv2FixturesPresent) console.warn(`AIMv2 parity is skipped: there is no ${FOLDER}.`);

export interface Aimv2Fixture {
  readonly model: Aimv2;
  readonly images: HostArray;
  /** In our layout, from the file of each layout. */
  readonly weights: Record<'hf' | 'original', Record<string, HostArray>>;
  /** `hidden.0` … and `last`. */
  readonly states: Record<string, HostArray>;
  /** In our layout. */
  readonly gradients: Record<string, HostArray>;
}

export function loadAimv2Fixture(name: Aimv2FixtureName): Aimv2Fixture {
  const read = (part: string): Record<string, HostArray> => {
    const file = join(FOLDER, `${name}.${part}.safetensors`);
    const { arrays } = decodeSafetensors(readFileSync(file), file);
    return Object.fromEntries(Object.entries(arrays).map(([key, array]) => [key, fixtureArray(array)]));
  };
  const expected = read('expected');
  const images = expected.pixel_values!;
  const [, channels, height, columns] = images.shape as [number, number, number, number];
  const model = aimv2({
    channels,
    height,
    columns,
    patch: 4,
    width: 48,
    hidden: 128,
    layers: 3,
    heads: 3,
    positions: name === 'tiny-native' ? 'grid' : 'learned',
  });
  const slopes = Object.entries(expected).flatMap(([key, array]) =>
    key.startsWith('grad.') ? [[key.slice('grad.'.length), array] as const] : [],
  );
  const hidden = Object.entries(expected).flatMap(([key, array]) =>
    key.startsWith('hidden_states.') ? [[key.replace('_states', ''), array] as const] : [],
  );
  return {
    model,
    images,
    weights: {
      hf: importAimv2(read('hf'), model.parameters),
      original: importAimv2(read('original'), model.parameters),
    },
    states: { ...Object.fromEntries(hidden), last: expected.last_hidden_state! },
    gradients: importAimv2(Object.fromEntries(slopes), model.parameters),
  };
}

/** The states under the fixture's names, as a graph of weights and images. */
export function aimv2StatesGraph({ model, images }: Pick<Aimv2Fixture, 'model' | 'images'>): Graph {
  const types = inPrecision({ ...model.parameters, images: float32(...images.shape) }, 'float64');
  return trace('aimv2', types, (inputs) => named(model.encode(inputs, inputs.images!)));
}

/** The same, and gradients of Σ last²·d/48 over batch, tokens and features d. */
export function aimv2FixtureGraph(
  { model, images }: Pick<Aimv2Fixture, 'model' | 'images'>,
  dtype: 'float32' | 'float64',
): Graph {
  const types = inPrecision({ ...model.parameters, images: float32(...images.shape) }, dtype);
  const names = Object.keys(model.parameters);
  return trace('aimv2', types, (inputs) => {
    const features = model.encode(inputs, inputs.images!);
    const ramp = constant(
      Float64Array.from({ length: 48 }, (_, feature) => feature / 48),
      [48],
      dtype,
    );
    const slopes = gradient(
      reduceSum(multiply(square(features.last), ramp)),
      names.map((name) => inputs[name]!),
    );
    const outputs = named(features);
    names.forEach((name, position) => (outputs[`gradient/${name}`] = slopes[position]!));
    return outputs;
  });
}

function named({ hidden, last }: Aimv2Features): Tensors {
  return { ...Object.fromEntries(hidden.map((state, layer) => [`hidden.${layer}`, state])), last };
}

/**
 * Hidden states in order, so that the first layer that is off is named. In single precision within 2e-5 + 1e-5·|x|; in
 * double within 1e-6, which leaves room for the fixture's own rounding and no more.
 */
export function expectAimv2States(
  results: Readonly<Record<string, { data: ArrayLike<number> }>>,
  fixture: Aimv2Fixture,
  dtype: 'float32' | 'float64',
): void {
  const tolerance = dtype === 'float32' ? { atol: 2e-5, rtol: 1e-5 } : { atol: 1e-6, rtol: 1e-6 };
  for (const [name, { data }] of Object.entries(fixture.states)) {
    try {
      expectClose(results[name]!.data, data, tolerance);
    } catch (thrown) {
      throw new Error(`${name}: ${String(thrown)}`, { cause: thrown });
    }
  }
}

/** Gradients to 1e-4 in the norm of each; the fixture's were made in single precision. */
export function expectAimv2Gradients(
  results: Readonly<Record<string, { data: ArrayLike<number> }>>,
  fixture: Aimv2Fixture,
): void {
  for (const [name, { data }] of Object.entries(fixture.gradients)) {
    const actual = results[`gradient/${name}`]!.data;
    const difference = Math.hypot(...Array.from(data, (value, index) => actual[index]! - value));
    const size = Math.hypot(...Array.from(data));
    if (!(difference <= 1e-4 * size))
      throw new Error(`gradient of ${name}: differs by ${difference} of ${size}`);
  }
}
