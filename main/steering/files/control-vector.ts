/** @file Directions as control vectors of llama.cpp: GGUF with `direction.<layer>`, added to the residual stream after that block. */
import { MongeError } from '../../../native-models/error';
import { readGguf, type ByteSource } from '../../../native-models/io/gguf';
import { encodeGguf } from '../../../native-models/io/gguf-write';
import type { HookMap, Steering } from '../../contract/steering';
import { checkSteering, makeMap } from '../map';
import { hasSupport } from '../support';

/** The one role at which llama.cpp adds. */
const ROLE = 'resid_post';

/**
 * The maps at their strengths, λ·β, as a control vector to be used at scale 1; layers are blocks counted from 0, as in our hooks.
 * `model` is the architecture's name in GGUF, `llama`, which is stored as a hint.
 *
 * llama.cpp has no direction of block 0, and adds to every value of every token. What it cannot do is refused:
 * @throws `control-vector-hook` for another role than resid_post or a block 0, `control-vector-scale` where a map scales,
 *   `control-vector-support` where it has a support, `control-vector-first` where first tokens are left out,
 *   `control-vector-width` where widths differ, and what `checkSteering` throws
 */
export function encodeControlVector(steering: Steering, model: string): Uint8Array<ArrayBuffer> {
  const strengths = checkSteering(steering);
  if (!steering.first)
    throw vectorError(
      'control-vector-first',
      'a control vector acts on the first token too',
      'first',
      'false',
      'true',
    );
  const { maps } = steering;
  const tensors = maps.map((map, at) => {
    const layer = layerOf(map.hook);
    if (map.units.some((on, unit) => on === 1 && map.w[unit] !== 1))
      throw vectorError(
        'control-vector-scale',
        'a control vector can only add',
        map.hook,
        'w other than 1',
        'w = 1, as mean-act and caa have',
      );
    if (hasSupport(map))
      throw vectorError(
        'control-vector-support',
        'a control vector has no support',
        map.hook,
        'a support',
        'q_all',
      );
    if (map.w.length !== maps[0]!.w.length)
      throw vectorError(
        'control-vector-width',
        'all directions have the same width',
        map.hook,
        String(map.w.length),
        String(maps[0]!.w.length),
      );
    const data = map.beta.map((beta, unit) => (map.units[unit] === 0 ? 0 : strengths[at]! * beta));
    return { layer, name: `direction.${layer}`, shape: [data.length], data };
  });
  tensors.sort((left, right) => left.layer - right.layer);
  const metadata = {
    'general.architecture': 'controlvector',
    'controlvector.model_hint': model,
    'controlvector.layer_count': tensors.length,
  };
  return encodeGguf({ metadata, tensors });
}

/** A control vector as maps that add, and the hint of its model; null where it has none. */
export interface ControlVector {
  maps: HookMap[];
  model: string | null;
}

/**
 * Reads what `encodeControlVector`, llama.cpp's generator or repeng wrote.
 * @throws `control-vector-file` where the file is GGUF of something else, holds no directions, other tensors, or directions that
 *   are not vectors of F32 of one width; `steering-map` where a value is not finite; what `readGguf` throws
 */
export async function readControlVector(source: ByteSource): Promise<ControlVector> {
  const { metadata, tensors } = await readGguf(source);
  const architecture = metadata.get('general.architecture');
  if (architecture !== 'controlvector' || tensors.length === 0)
    throw fileError(
      source,
      `architecture ${String(architecture)}, ${tensors.length} tensors`,
      'controlvector with directions',
    );
  const maps: { layer: number; map: HookMap }[] = [];
  const width = tensors[0]!.shape[0];
  for (const { name, type, shape, from, to } of tensors) {
    const layer = Number(/^direction\.([1-9]\d{0,5})$/.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(layer) || type !== 'F32' || shape.length !== 1 || shape[0] !== width)
      throw fileError(
        source,
        `${name}: ${type} [${shape.join(', ')}]`,
        `direction.1, direction.2, … of F32 [${width}]`,
      );
    const bytes = await source.read(from, to);
    // A copy, also of a Buffer, whose own slice is none.
    const beta = new Float32Array(new Uint8Array(bytes).buffer);
    const map = makeMap({ hook: `${ROLE}:${layer}`, w: beta.map(() => 1), beta, form: 'add' });
    maps.push({ layer, map });
  }
  maps.sort((left, right) => left.layer - right.layer);
  const hint = metadata.get('controlvector.model_hint');
  return { maps: maps.map(({ map }) => map), model: typeof hint === 'string' ? hint : null };
}

/** A file in memory as `readControlVector` reads it. */
export function bytesAsSource(bytes: Uint8Array, name: string): ByteSource {
  return { name, size: bytes.length, read: async (from, to) => bytes.subarray(from, to) };
}

function layerOf(hook: string): number {
  const layer = Number(new RegExp(`^${ROLE}:(\\d+)$`).exec(hook)?.[1] ?? NaN);
  if (layer >= 1) return layer;
  throw vectorError(
    'control-vector-hook',
    'llama.cpp adds to the residual stream after a block, and never after the first one',
    hook,
    hook,
    `${ROLE}:1, ${ROLE}:2, …`,
  );
}

function vectorError(code: string, what: string, key: string, got: string, expected: string): MongeError {
  const help = 'save the steering as safetensors, or fold it into an ONNX model';
  return new MongeError({ code, blame: 'input', what, where: { key }, got, expected, help });
}

function fileError(source: ByteSource, got: string, expected: string): MongeError {
  return new MongeError({
    code: 'control-vector-file',
    blame: 'input',
    what: 'the file is no control vector',
    where: { file: source.name },
    got: got.slice(0, 200),
    expected,
  });
}
