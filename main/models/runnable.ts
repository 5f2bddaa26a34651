/** @file What the runtime is given of a foreign model: judged by its declared types before native code sees a value of it. */
import { elementTypeName, encodeModel, type ModelProto, type TypeProto } from '../../native-models';
import { MongeError } from '../../native-models/error';
import { arrayTypes } from '../compute/host-array';

/** An output that cannot be had as an array. */
export interface LeftOut {
  name: string;
  /** `sequence of maps`, `bfloat16`, … */
  type: string;
}

export interface Runnable {
  /** The model without the outputs that are left out; the very same where there are none. */
  model: ModelProto;
  leftOut: readonly LeftOut[];
}

/**
 * Outputs that are no tensors of types that arrays have (`arrayTypes`) are taken off before a session opens: native code
 * refuses some of them and ends the process over others.
 * @throws `input-unsupported` for an input of such a type, `outputs-unsupported` where no output is left
 */
export function runnable(model: ModelProto, file: string): Runnable {
  const graph = model.graph ?? {};
  const weights = new Set((graph.initializer ?? []).map(({ name }) => name));
  for (const { name = '', type } of graph.input ?? []) {
    if (weights.has(name) || hasArray(type)) continue;
    throw new MongeError({
      code: 'input-unsupported',
      blame: 'input',
      what: 'an input of the model has a type that cannot be fed',
      where: { file, tensor: name },
      got: typeName(type),
      expected: `a tensor of ${Object.keys(arrayTypes).join(', ')}`,
    });
  }
  const outputs = graph.output ?? [];
  const kept = outputs.filter(({ type }) => hasArray(type));
  if (kept.length === outputs.length && kept.length > 0) return { model, leftOut: [] };
  const leftOut = outputs
    .filter(({ type }) => !hasArray(type))
    .map(({ name = '', type }) => ({ name, type: typeName(type) }));
  if (kept.length === 0)
    throw new MongeError({
      code: 'outputs-unsupported',
      blame: 'input',
      what: 'no output of the model is of a type that there are arrays for',
      where: { file },
      got: leftOut.map(({ name, type }) => `${name}: ${type}`).join(', ') || 'no outputs',
      expected: `a tensor of ${Object.keys(arrayTypes).join(', ')}`,
    });
  return { model: { ...model, graph: { ...graph, output: kept } }, leftOut };
}

/** The bytes for a session: those of the file where nothing was left out. */
export function runnableBytes({ model, leftOut }: Runnable, bytes: Uint8Array): Uint8Array {
  return leftOut.length === 0 ? bytes : encodeModel(model);
}

function hasArray(type: TypeProto | undefined): boolean {
  return (
    type?.tensorType !== undefined && Object.hasOwn(arrayTypes, elementTypeName(type.tensorType.elemType))
  );
}

/** In words, for errors and notes. */
function typeName(type: TypeProto | undefined, depth = 0): string {
  if (!type || depth > 4) return 'a type that is not declared';
  const { tensorType, sequenceType, mapType, optionalType, sparseTensorType } = type;
  if (tensorType) return elementTypeName(tensorType.elemType);
  if (sequenceType) return `sequence of ${typeName(sequenceType.elemType, depth + 1)}`;
  if (mapType)
    return `map from ${elementTypeName(mapType.keyType)} to ${typeName(mapType.valueType, depth + 1)}`;
  if (optionalType) return `optional ${typeName(optionalType.elemType, depth + 1)}`;
  return sparseTensorType ? 'sparse tensor' : 'a type that is not declared';
}
