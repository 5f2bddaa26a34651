/** @file Maps that were made elsewhere, instead of fitted ones: a steering file, a control vector of llama.cpp, a direction of Probes. */
import { decodeSafetensors } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { VectorsInput } from '../../../contract/opened';
import type { HookMap, SteeringRecipe } from '../../../contract/steering';
import { bytesAsSource, readControlVector } from '../../../steering/files/control-vector';
import { decodeSteering } from '../../../steering/files/steering-file';
import { makeMap } from '../../../steering/map';

export interface ImportedMaps {
  maps: HookMap[];
  /** Null of what has none. */
  recipe: SteeringRecipe | null;
  /** In sentences. */
  notes: string[];
}

/** What the maps must fit. */
interface Subject {
  sha256: string;
  widths: ReadonlyMap<string, number>;
}

/**
 * Maps in the order of the file. That they are of another model is refused where hooks or widths differ, and told where only
 * the file does.
 * @throws `maps-format`, and the codes of `decodeSteering` and `readControlVector`
 */
export async function importedMaps(file: VectorsInput, subject: Subject): Promise<ImportedMaps> {
  const bytes = await file.read();
  const isGguf = new TextDecoder('latin1').decode(bytes.subarray(0, 4)) === 'GGUF';
  const found = isGguf ? await controlVector(bytes, file.name) : fromTensors(bytes, file.name, subject);
  checkFits(found.maps, subject, file.name);
  return found;
}

async function controlVector(bytes: Uint8Array, name: string): Promise<ImportedMaps> {
  const { maps, model } = await readControlVector(bytesAsSource(bytes, name));
  const of = model === null ? 'names no model' : `was made for a model of the family ${model}`;
  return { maps, recipe: null, notes: [`${name} is a control vector that ${of}.`] };
}

function fromTensors(bytes: Uint8Array, name: string, { sha256, widths }: Subject): ImportedMaps {
  const { arrays, metadata } = decodeSafetensors(bytes, name);
  if (metadata['monge.steering'] !== undefined) {
    const { maps, recipe } = decodeSteering(bytes, { widths }, name);
    const other = recipe.model.sha256 !== sha256 && sha256 !== '';
    const warning = `${name} was fitted on another file, ${recipe.model.name}: its hooks have the same widths, which does not make their units the same.`;
    return { maps, recipe, notes: other ? [warning] : [] };
  }
  const direction = arrays.direction?.data;
  const { hook, gap, task } = metadata;
  if (!(direction instanceof Float32Array) || hook === undefined)
    throw new MongeError({
      code: 'maps-format',
      blame: 'input',
      what: 'these tensors are no maps of steering',
      where: { file: name },
      got: Object.keys(arrays).slice(0, 5).join(', '),
      expected: 'a steering file, a control vector (GGUF), or a direction of Probes',
    });
  // At λ = 1 a text moves as far as the classes of the probe are apart.
  const size = Number.isFinite(Number(gap)) && gap !== undefined ? Number(gap) : 1;
  const map = makeMap({
    hook,
    w: direction.map(() => 1),
    beta: direction.map((value) => size * value),
    form: 'add',
  });
  const notes = [
    `${name} is the direction of a probe of ${task ?? 'a task'}; λ = 1 adds the gap of its classes, ${size.toPrecision(3)}.`,
  ];
  return { maps: [map], recipe: null, notes };
}

function checkFits(maps: readonly HookMap[], { widths }: Subject, file: string): void {
  for (const { hook, w } of maps) {
    const width = widths.get(hook);
    if (width === w.length) continue;
    throw new MongeError({
      code: width === undefined ? 'steering-hook-unknown' : 'steering-width',
      blame: 'input',
      what:
        width === undefined
          ? 'the model has no such hook'
          : 'the map is for another width than the hook of the model',
      where: { file, key: hook },
      ...(width !== undefined && { got: String(w.length), expected: String(width) }),
    });
  }
}
