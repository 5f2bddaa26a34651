/** @file How a model of images wants its pixels: preprocessor_config.json in the keys of every age, and what is refused. */
import { MongeError } from '../../../native-models/error';
import { filterNames, type FilterName } from './resample';

/** Larger pictures are never an input: the sums would not fit in memory. */
const MOST_PIXELS = 2 ** 24;

export interface Preprocessing {
  /** To a size, or so that the shorter edge has one; null where the file is read as it is. */
  resize: { height: number; width: number } | { shortestEdge: number } | null;
  filter: FilterName;
  /** A part from the middle. */
  crop: { height: number; width: number } | null;
  /** Values are (byte · rescale − mean) / deviation, by channel. */
  rescale: number;
  mean: readonly number[];
  deviation: readonly number[];
  /** Where this stands. */
  source: string;
}

const FILE = 'preprocessor_config.json';

/** Of a ViT without the file: what transformers' ViTImageProcessor does by default, at the size of the model. */
export function usualPreprocessing(size: { height: number; width: number }): Preprocessing {
  return {
    ...{ resize: { height: size.height, width: size.width }, filter: 'bilinear', crop: null },
    ...{ rescale: 1 / 255, mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
    source: `no ${FILE}: the usual values of a ViT`,
  };
}

/**
 * What the file says; absent keys have what ViTImageProcessor gives them.
 * @throws `preprocessing-unsupported` for absurd values and for steps that are not built here
 */
export function preprocessingOf(
  json: Readonly<Record<string, unknown>>,
  size: { height: number; width: number },
): Preprocessing {
  const usual = usualPreprocessing(size);
  const does = (key: string, otherwise: boolean): boolean => {
    const value = json[key] ?? otherwise;
    if (typeof value === 'boolean') return value;
    throw unsupported(key, value, 'true or false');
  };
  const kind = json.image_processor_type ?? json.feature_extractor_type;
  const crops = /^(CLIP|Bit)/.test(String(kind));
  if (json.do_pad === true) throw unsupported('do_pad', true, 'false: padded pictures are not built here');
  return {
    resize: does('do_resize', true) ? resizeOf(json.size, size) : null,
    filter: filterOf(json.resample, crops ? 3 : 2),
    crop: does('do_center_crop', crops) ? cropOf(json.crop_size, size) : null,
    rescale: does('do_rescale', true) ? finite('rescale_factor', json.rescale_factor ?? usual.rescale) : 1,
    mean: does('do_normalize', true) ? channels('image_mean', json.image_mean ?? usual.mean) : [0, 0, 0],
    deviation: does('do_normalize', true)
      ? channels('image_std', json.image_std ?? usual.deviation).map((value) => {
          if (value > 0) return value;
          throw unsupported('image_std', json.image_std, 'numbers above 0');
        })
      : [1, 1, 1],
    source: FILE,
  };
}

/** The steps in words, for people and for the record of a figure. */
export function preprocessingWords({
  resize,
  filter,
  crop,
  rescale,
  mean,
  deviation,
  source,
}: Preprocessing): string[] {
  const list = (values: readonly number[]) =>
    values.every((value) => value === values[0]) ? String(values[0]) : values.join(', ');
  const steps: string[] = [];
  if (resize && 'shortestEdge' in resize)
    steps.push(`shorter edge to ${resize.shortestEdge} pixels, ${filter}`);
  else if (resize) steps.push(`to ${resize.width} × ${resize.height} pixels, ${filter}`);
  if (crop) steps.push(`${crop.width} × ${crop.height} from the middle`);
  const unit = Math.abs(rescale * 255 - 1) < 1e-6 ? '1/255' : String(rescale);
  if (rescale !== 1) steps.push(`times ${unit}`);
  steps.push(`minus ${list(mean)}, divided by ${list(deviation)}`, source);
  return steps;
}

type Size = { height: number; width: number };

function resizeOf(given: unknown, size: Size): Preprocessing['resize'] {
  if (given === undefined || given === null) return { height: size.height, width: size.width };
  if (typeof given === 'number') return square('size', given);
  if (isRecord(given) && 'shortest_edge' in given && !('longest_edge' in given))
    return { shortestEdge: pixels('size', given.shortest_edge) };
  return pair('size', given);
}

function cropOf(given: unknown, size: Size): Size {
  if (given === undefined || given === null) return { height: size.height, width: size.width };
  return typeof given === 'number' ? square('crop_size', given) : pair('crop_size', given);
}

function pair(key: string, given: unknown): Size {
  if (isRecord(given) && 'height' in given && 'width' in given) {
    const found = { height: pixels(key, given.height), width: pixels(key, given.width) };
    if (found.height * found.width <= MOST_PIXELS) return found;
  }
  if (isRecord(given) && Object.keys(given).join() === 'shortest_edge')
    return square(key, given.shortest_edge);
  throw unsupported(key, given, `height and width, or shortest_edge, at most ${MOST_PIXELS} pixels`);
}

function square(key: string, given: unknown): Size {
  const edge = pixels(key, given);
  return { height: edge, width: edge };
}

function pixels(key: string, given: unknown): number {
  const most = Math.sqrt(MOST_PIXELS);
  if (Number.isSafeInteger(given) && Number(given) >= 1 && Number(given) <= most) return Number(given);
  throw unsupported(key, given, `a whole number from 1 to ${most}`);
}

function filterOf(given: unknown, otherwise: number): FilterName {
  const found = filterNames[Number(given ?? otherwise)];
  if (found && (given === undefined || given === null || typeof given === 'number')) return found;
  throw unsupported('resample', given, `0 to ${filterNames.length - 1}: ${filterNames.join(', ')}`);
}

function finite(key: string, given: unknown): number {
  if (typeof given === 'number' && Number.isFinite(given) && given !== 0) return given;
  throw unsupported(key, given, 'a number other than 0');
}

function channels(key: string, given: unknown): number[] {
  if (typeof given === 'number' && Number.isFinite(given)) return [given, given, given];
  if (Array.isArray(given) && given.length === 3 && given.every((value) => Number.isFinite(value)))
    return given as number[];
  throw unsupported(key, given, 'a number for each of three channels');
}

const isRecord = (given: unknown): given is Record<string, unknown> =>
  typeof given === 'object' && given !== null && !Array.isArray(given);

function unsupported(key: string, got: unknown, expected: string): MongeError {
  return new MongeError({
    code: 'preprocessing-unsupported',
    blame: 'input',
    what: 'this way from a picture to inputs is not built here',
    where: { file: FILE, key },
    got: (JSON.stringify(got) ?? 'nothing').slice(0, 120),
    expected,
  });
}
