/** @file Maps and their recipe as one safetensors file: written, read, and held against the model that is to be steered. */
import { MongeError } from '../../../native-models/error';
import { decodeSafetensors, encodeSafetensors } from '../../../native-models/io/safetensors';
import type { StoredArray } from '../../../native-models/io/elements';
import type { HookMap, SteeringForm, SteeringRecipe, StoredSteering } from '../../contract/steering';
import { checkMap, makeMap } from '../map';
import { readRecipe, recipeText } from './recipe';

const RECIPE = 'monge.steering';
const FORMS = 'monge.forms';
const parts = ['w', 'beta', 'lo', 'hi'] as const;

/** What a file must fit before a model is steered with it; what is left out is not looked at. */
export interface SteeringSubject {
  sha256?: string;
  /** Width of each hook that the model has. */
  widths?: ReadonlyMap<string, number>;
}

/**
 * Tensors `role/layer/{w,beta,lo,hi,units}` (without the layer outside the blocks), the recipe as JSON in the header.
 * @throws `steering-map`, `steering-form` as `checkMap`; `steering-hooks` where the recipe names other hooks than the maps
 */
export function encodeSteering({ maps, recipe }: StoredSteering): Uint8Array {
  const hooks = maps.map(({ hook }) => hook);
  checkHooks(hooks, recipe);
  const arrays: Record<string, StoredArray> = {};
  for (const map of maps) {
    checkMap(map);
    for (const part of parts) arrays[tensorName(map.hook, part)] = { data: map[part], shape: [map.w.length] };
    arrays[tensorName(map.hook, 'units')] = { data: map.units, shape: [map.units.length] };
  }
  const forms = JSON.stringify(Object.fromEntries(maps.map(({ hook, form }) => [hook, form])));
  return encodeSafetensors(arrays, { [RECIPE]: recipeText(recipe), [FORMS]: forms });
}

/**
 * Reads a file that `encodeSteering` wrote and checks all of it. `file` is named in errors.
 * @throws `steering-file` where it is safetensors of something else or tensors are missing, `steering-recipe`,
 *   `steering-version`, `steering-hooks`, `steering-map` (NaN, lengths), `steering-form`, what `decodeSafetensors` throws;
 *   `steering-model`, `steering-hook-unknown` and `steering-width` where it does not fit the subject
 */
export function decodeSteering(
  bytes: Uint8Array,
  subject: SteeringSubject = {},
  file?: string,
): StoredSteering {
  const { arrays, metadata } = decodeSafetensors(bytes, file);
  const text = metadata[RECIPE];
  if (text === undefined)
    throw fileError('steering-file', 'this file holds tensors, but no steering', file, {
      expected: `a recipe under ${RECIPE} in the header`,
    });
  const recipe = readRecipe(text, file);
  checkModel(recipe, subject, file);
  const forms = formsOf(metadata[FORMS], file);
  const maps = recipe.hooks.map((hook) => {
    const map = makeChecked(hook, arrays, forms.get(hook), file);
    checkWidth(map, subject, file);
    return map;
  });
  checkHooks(recipe.hooks, recipe, Object.keys(arrays).length / 5, file);
  return { maps, recipe };
}

function tensorName(hook: string, part: string): string {
  return `${hook.replace(':', '/')}/${part}`;
}

function makeChecked(
  hook: string,
  arrays: Readonly<Record<string, StoredArray>>,
  form: SteeringForm | undefined,
  file?: string,
): HookMap {
  const values = (part: string) => {
    const array = arrays[tensorName(hook, part)];
    const wanted = part === 'units' ? array?.data instanceof Uint8Array : array?.data instanceof Float32Array;
    if (array && wanted && array.dtype === undefined && array.shape.length === 1)
      return array.data as Float32Array;
    throw fileError('steering-file', 'a tensor of the steering is missing or none', file, {
      key: tensorName(hook, part),
      got: array ? `${array.dtype ?? array.data.constructor.name} [${array.shape.join(', ')}]` : 'nothing',
      expected: part === 'units' ? 'a vector of U8' : 'a vector of F32',
    });
  };
  if (form === undefined)
    throw fileError('steering-file', 'the form of a map is missing', file, { key: hook });
  const [w, beta, lo, hi, units] = [...parts, 'units'].map(values);
  const raw = { hook, w: w!, beta: beta!, lo: lo!, hi: hi!, units: Uint8Array.from(units!), form };
  checkMap(raw);
  return makeMap(raw);
}

function formsOf(text: string | undefined, file?: string): Map<string, SteeringForm> {
  try {
    const parsed: unknown = JSON.parse(text ?? '');
    const entries = Object.entries(parsed as Record<string, unknown>);
    if (entries.every(([, form]) => form === 'interpolate' || form === 'add'))
      return new Map(entries as [string, SteeringForm][]);
  } catch {
    // Told below, with the place.
  }
  throw fileError('steering-file', 'the forms of the maps cannot be read', file, { key: FORMS });
}

function checkHooks(hooks: readonly string[], recipe: SteeringRecipe, tensors = hooks.length, file?: string) {
  const same = hooks.length === recipe.hooks.length && hooks.every((hook, at) => hook === recipe.hooks[at]);
  const strengths = typeof recipe.lambda === 'number' ? hooks.length : recipe.lambda.length;
  if (same && tensors === hooks.length && strengths === hooks.length && new Set(hooks).size === hooks.length)
    return;
  throw fileError('steering-hooks', 'the recipe and the maps do not name the same hooks', file, {
    got: `${tensors} maps, ${strengths} strengths`,
    expected: `one of each for ${recipe.hooks.length} hooks, each once`,
  });
}

function checkModel({ model }: SteeringRecipe, { sha256 }: SteeringSubject, file?: string): void {
  if (sha256 === undefined || sha256 === model.sha256) return;
  throw fileError('steering-model', 'the steering was fitted on another model', file, {
    got: `${model.name}, sha256 ${model.sha256.slice(0, 12)}…`,
    expected: `sha256 ${sha256.slice(0, 12)}…`,
    help: 'fit it on this model; units of different models have nothing in common, even where their sizes agree',
  });
}

function checkWidth({ hook, w }: HookMap, { widths }: SteeringSubject, file?: string): void {
  if (!widths) return;
  const width = widths.get(hook);
  if (width === undefined)
    throw fileError('steering-hook-unknown', 'the model has no such hook', file, { key: hook });
  if (width !== w.length)
    throw fileError('steering-width', 'the map is for another width than the hook of the model', file, {
      key: hook,
      got: String(w.length),
      expected: String(width),
    });
}

function fileError(
  code: string,
  what: string,
  file: string | undefined,
  { key, ...more }: { key?: string; got?: string; expected?: string; help?: string },
): MongeError {
  return new MongeError({ code, blame: 'input', what, where: { file, key }, ...more });
}
