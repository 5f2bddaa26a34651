/** @file ONNX models as readable text: inputs, constants, nodes and outputs, loop bodies indented. */
import type { AttributeProto, GraphProto, ModelProto, TensorProto, ValueInfoProto } from './model';

const TYPE_NAMES: Record<number, string> = {
  1: 'f32',
  2: 'u8',
  3: 'i8',
  6: 'i32',
  7: 'i64',
  8: 'string',
  9: 'bool',
  10: 'f16',
  11: 'f64',
  16: 'bf16',
};

/** The text of a model, for people and for messages; values of constants are not shown. */
export function printModel(model: ModelProto): string {
  const versions = (model.opsetImport ?? []).map(
    ({ domain, version }) => `${domain ? `${domain} ` : ''}${version ?? 0}`,
  );
  const head = `model ${model.graph?.name ?? '(no graph)'}, opset ${versions.join(', ')}, by ${model.producerName ?? 'unknown'}`;
  return [head, ...printGraphProto(model.graph ?? {}, '  ')].join('\n') + '\n';
}

function printGraphProto(graph: GraphProto, indent: string): string[] {
  const lines = [
    ...(graph.input ?? []).map((value) => `${indent}input ${printValue(value)}`),
    ...(graph.initializer ?? []).map((tensor) => `${indent}constant ${printTensor(tensor)}`),
  ];
  for (const node of graph.node ?? []) {
    const attributes = (node.attribute ?? [])
      .filter(({ g }) => !g)
      .map((attribute) => ` ${printAttribute(attribute)}`);
    const operands = `${(node.output ?? []).join(', ')} = ${node.opType ?? '?'}(${(node.input ?? []).join(', ')})`;
    lines.push(`${indent}${operands}${attributes.join('')}`);
    for (const { g } of node.attribute ?? []) if (g) lines.push(...printGraphProto(g, `${indent}    `));
  }
  return [...lines, ...(graph.output ?? []).map((value) => `${indent}output ${printValue(value)}`)];
}

function printValue({ name, type }: ValueInfoProto): string {
  const dims = (type?.tensorType?.shape?.dim ?? []).map(
    ({ dimValue, dimParam }) => dimParam ?? dimValue ?? '?',
  );
  return `${name ?? '?'}: ${typeName(type?.tensorType?.elemType)}[${dims.join(',')}]`;
}

function printTensor({ name, dims, dataType }: TensorProto): string {
  return `${name ?? '?'}: ${typeName(dataType)}[${(dims ?? []).join(',')}]`;
}

function printAttribute(attribute: AttributeProto): string {
  const { name, f, i, s, ints, floats, t } = attribute;
  const value =
    i ??
    f ??
    (s ? JSON.stringify(new TextDecoder().decode(s)) : undefined) ??
    ints ??
    floats ??
    (t ? printTensor(t) : '…');
  return `${name ?? '?'}=${Array.isArray(value) ? `[${value.join(',')}]` : String(value)}`;
}

function typeName(type: number | bigint | undefined): string {
  return TYPE_NAMES[Number(type ?? 0)] ?? `type ${String(type ?? 'unknown')}`;
}
