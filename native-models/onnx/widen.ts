/** @file Half-precision graphs in single precision: every weight keeps its value, every sum is computed in float32. */
import { elementNumbers } from './element-types';
import { mapTensors } from './external';
import type { GraphProto, ModelProto, NodeProto, TensorProto, TypeProto, ValueInfoProto } from './model';
import { tensorArray } from './tensor-data';

const halves: ReadonlySet<number> = new Set([elementNumbers.float16, elementNumbers.bfloat16]);

/** Whether a graph has matrices of half precision. */
export function hasHalves({ graph }: ModelProto): boolean {
  return (graph?.initializer ?? []).some(
    ({ dataType, dims = [] }) => halves.has(Number(dataType)) && dims.length > 1,
  );
}

/**
 * The model with float32 in place of float16 and bfloat16: weights, constants, casts, declared types, in bodies too. Its
 * weights must be inside. @throws `onnx-tensor` for damaged ones
 */
export function withFloat32(model: ModelProto): ModelProto {
  const widened = mapTensors(model, (tensor) =>
    halves.has(Number(tensor.dataType)) ? widen(tensor) : tensor,
  );
  return { ...widened, graph: graphOf(widened.graph ?? {}) };
}

function widen(tensor: TensorProto): TensorProto {
  const values = Float32Array.from(tensorArray(tensor).data, Number);
  const { name, dims } = tensor;
  return { name, dims, dataType: elementNumbers.float32, rawData: new Uint8Array(values.buffer) };
}

function graphOf(graph: GraphProto): GraphProto {
  return {
    ...graph,
    node: (graph.node ?? []).map(nodeOf),
    input: (graph.input ?? []).map(valueOf),
    output: (graph.output ?? []).map(valueOf),
    valueInfo: (graph.valueInfo ?? []).map(valueOf),
  };
}

function nodeOf(node: NodeProto): NodeProto {
  if (!node.attribute) return node;
  const attribute = node.attribute.map((one) => {
    if (one.g) return { ...one, g: graphOf(one.g) };
    // `to` of casts, `dtype` of what makes values.
    const isType = one.name === 'to' || one.name === 'dtype';
    return isType && halves.has(Number(one.i)) ? { ...one, i: elementNumbers.float32 } : one;
  });
  return { ...node, attribute };
}

function valueOf(value: ValueInfoProto): ValueInfoProto {
  const tensorType: TypeProto['tensorType'] = value.type?.tensorType;
  if (!tensorType || !halves.has(Number(tensorType.elemType))) return value;
  return {
    ...value,
    type: { ...value.type, tensorType: { ...tensorType, elemType: elementNumbers.float32 } },
  };
}
