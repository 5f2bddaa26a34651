/** @file Weights of an ONNX model in a data file beside it: taken out, found, and put back in. */
import { MongeError } from '../error';
import { elementBytes, elementsIn, writeElements } from '../io/elements';
import { elementTypeOfNumber } from './element-types';
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  SparseTensorProto,
  TensorProto,
} from './model';
import { tensorArray } from './tensor-data';

export interface ExternaliseOptions {
  /** Name of the data file, relative to the model's folder. */
  location: string;
  /** Initialisers of fewer bytes stay in the model; default 1024, as other writers have it. */
  threshold?: number;
}

/** A part of a data file that holds one tensor's values. */
export interface ExternalSpan {
  tensor: string;
  location: string;
  offset: number;
  length: number;
}

/** Values begin at pages, so that a reader can map each tensor into memory. */
const ALIGNMENT = 4096;

/**
 * The model with its large initialisers moved to one data file, little-endian, each at a multiple of 4096 bytes. What is
 * external already, or of a type that is not read, stays as it is. The given model is not changed.
 */
export function externalise(
  model: ModelProto,
  { location, threshold = 1024 }: ExternaliseOptions,
): { model: ModelProto; data: Uint8Array } {
  const parts: { offset: number; bytes: Uint8Array }[] = [];
  let end = 0;
  const moved = mapTensors(model, (tensor, isInitializer) => {
    if (!isInitializer || isExternal(tensor) || !elementTypeOfNumber(tensor.dataType)) return tensor;
    const bytes = writeElements(tensorArray(tensor));
    if (bytes.length === 0 || bytes.length < threshold) return tensor;
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    end = offset + bytes.length;
    parts.push({ offset, bytes });
    return {
      ...withoutValues(tensor),
      dataLocation: 1,
      externalData: Object.entries({ location, offset, length: bytes.length }).map(([key, value]) => ({
        key,
        value: String(value),
      })),
    };
  });
  const data = new Uint8Array(end);
  for (const { offset, bytes } of parts) data.set(bytes, offset);
  return { model: moved, data };
}

/**
 * Where the values outside the model lie, in the order of the file; locations are as written and not yet judged.
 * @throws `external-invalid` for a tensor that does not say where, or whose length does not fit its shape.
 */
export function externalSpans(model: ModelProto): ExternalSpan[] {
  const spans: ExternalSpan[] = [];
  mapTensors(model, (tensor) => {
    if (isExternal(tensor)) spans.push(spanOf(tensor));
    return tensor;
  });
  return spans;
}

/** The model with the values of every external tensor inside. `read` gives the bytes of one span. @throws `external-invalid`. */
export function inlineExternal(model: ModelProto, read: (span: ExternalSpan) => Uint8Array): ModelProto {
  return mapTensors(model, (tensor) =>
    isExternal(tensor) ? { ...withoutValues(tensor), rawData: read(spanOf(tensor)) } : tensor,
  );
}

/** The model with other names for its data files. */
export function relocateExternal(model: ModelProto, rename: (location: string) => string): ModelProto {
  return mapTensors(model, (tensor) => {
    if (!isExternal(tensor)) return tensor;
    const externalData = tensor.externalData?.map((entry) =>
      entry.key === 'location' ? { ...entry, value: rename(entry.value ?? '') } : entry,
    );
    return { ...tensor, externalData };
  });
}

function isExternal(tensor: TensorProto): boolean {
  return Number(tensor.dataLocation ?? 0) === 1;
}

const valueFields = new Set<string>([
  'rawData',
  'floatData',
  'int32Data',
  'int64Data',
  'doubleData',
  'uint64Data',
  'externalData',
  'dataLocation',
] satisfies (keyof TensorProto)[]);

function withoutValues(tensor: TensorProto): TensorProto {
  return Object.fromEntries(Object.entries(tensor).filter(([field]) => !valueFields.has(field)));
}

function spanOf(tensor: TensorProto): ExternalSpan {
  const entries = new Map((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
  const name = tensor.name || '(unnamed)';
  const location = entries.get('location');
  if (!location) throw invalid(name, 'no location', 'the name of a file');
  const type = elementTypeOfNumber(tensor.dataType);
  const count = elementsIn((tensor.dims ?? []).map(Number));
  if (Number.isNaN(count))
    throw invalid(name, `shape [${(tensor.dims ?? []).join(',')}]`, 'sizes from 0 upwards');
  const expected = type ? count * elementBytes[type] : undefined;
  const length = wholeNumber(name, 'length', entries.get('length')) ?? expected;
  if (length === undefined) throw invalid(name, 'no length', 'the number of bytes');
  if (expected !== undefined && length !== expected)
    throw invalid(name, `a length of ${length} bytes`, `${expected} bytes for its shape`);
  return { tensor: name, location, offset: wholeNumber(name, 'offset', entries.get('offset')) ?? 0, length };
}

function wholeNumber(tensor: string, key: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(number))
    throw invalid(tensor, `${key} ${JSON.stringify(text)}`, 'a whole number of bytes');
  return number;
}

function invalid(tensor: string, got: string, expected: string): MongeError {
  return new MongeError({
    code: 'external-invalid',
    what: 'the values of a tensor lie outside the model, but not where',
    where: { tensor },
    got,
    expected,
  });
}

type Change = (tensor: TensorProto, isInitializer: boolean) => TensorProto;

/** A copy of the model with every tensor changed: initialisers and attributes, in subgraphs and functions too. */
export function mapTensors(model: ModelProto, change: Change): ModelProto {
  return {
    ...model,
    ...(model.graph && { graph: mapGraph(model.graph, change) }),
    ...(model.functions && {
      functions: model.functions.map((body) => ({
        ...body,
        ...(body.node && { node: body.node.map((node) => mapNode(node, change)) }),
      })),
    }),
  };
}

function mapGraph(graph: GraphProto, change: Change): GraphProto {
  return {
    ...graph,
    ...(graph.initializer && { initializer: graph.initializer.map((tensor) => change(tensor, true)) }),
    ...(graph.sparseInitializer && {
      sparseInitializer: graph.sparseInitializer.map((sparse) => mapSparse(sparse, change)),
    }),
    ...(graph.node && { node: graph.node.map((node) => mapNode(node, change)) }),
  };
}

function mapNode(node: NodeProto, change: Change): NodeProto {
  if (!node.attribute) return node;
  return { ...node, attribute: node.attribute.map((attribute) => mapAttribute(attribute, change)) };
}

function mapAttribute(attribute: AttributeProto, change: Change): AttributeProto {
  const { t, tensors, g, graphs, sparseTensor, sparseTensors } = attribute;
  return {
    ...attribute,
    ...(t && { t: change(t, false) }),
    ...(tensors && { tensors: tensors.map((tensor) => change(tensor, false)) }),
    ...(sparseTensor && { sparseTensor: mapSparse(sparseTensor, change) }),
    ...(sparseTensors && { sparseTensors: sparseTensors.map((sparse) => mapSparse(sparse, change)) }),
    ...(g && { g: mapGraph(g, change) }),
    ...(graphs && { graphs: graphs.map((graph) => mapGraph(graph, change)) }),
  };
}

function mapSparse(sparse: SparseTensorProto, change: Change): SparseTensorProto {
  const { values, indices } = sparse;
  return {
    ...sparse,
    ...(values && { values: change(values, false) }),
    ...(indices && { indices: change(indices, false) }),
  };
}
