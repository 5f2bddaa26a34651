/** @file ONNX models from bytes and back, driven by the field tables; unknown fields survive the round trip. */
import { MongeError } from '../error';
import {
  FIELD_BY_NUMBER,
  FIELDS,
  isMessage,
  type ProtoField,
  type FieldKind,
  type MessageName,
} from './fields';
import type { ModelProto } from './model';
import { DELIMITED, FIXED32, FIXED64, onnxError, VARINT, WireReader, WireWriter } from './wire';

type Message = Record<string, unknown>;

/** Deeper nesting than any sensible model has; keeps hostile files from exhausting the stack. */
const DEEPEST = 100;
const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/**
 * Reads an ONNX file. Throws a coded error `onnx-…` that names the byte where the data is not a model; never hangs.
 * Byte fields are views of `bytes`, not copies.
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const model = decodeMessage('Model', new WireReader(bytes), 0) as ModelProto;
  if (!model.graph)
    throw onnxError('onnx-no-graph', 'it holds no graph', 0, 'check that this is an .onnx file and complete');
  return model;
}

/** Writes an ONNX file. Throws `onnx-field` for a value of the wrong kind or a misspelt field. */
export function encodeModel(model: ModelProto): Uint8Array {
  try {
    return encodeMessage('Model', model as Message, 'model', 0).slice();
  } finally {
    writers.length = 0;
  }
}

function decodeMessage(name: MessageName, reader: WireReader, depth: number): Message {
  if (depth > DEEPEST) throw onnxError('onnx-depth', `parts are nested ${DEEPEST} deep`, reader.position);
  const message: Message = {};
  let unknown: WireWriter | undefined;
  while (!reader.done) {
    const start = reader.position;
    const tag = reader.size();
    const wireType = tag % 8;
    const number = Math.floor(tag / 8);
    if (number === 0) throw onnxError('onnx-tag', 'a field has number 0', start);
    const field = FIELD_BY_NUMBER[name].get(number);
    if (field) decodeField(message, field, wireType, reader, start, depth);
    else {
      reader.skip(wireType, start);
      unknown ??= new WireWriter();
      unknown.bytes(reader.bytes.subarray(start, reader.position));
    }
  }
  if (unknown) message.unknownFields = unknown.written();
  return message;
}

function decodeField(
  message: Message,
  field: ProtoField,
  wireType: number,
  reader: WireReader,
  start: number,
  depth: number,
): void {
  const expected = wireTypeOf(field.kind);
  if (field.repeated) {
    const list = (message[field.name] ??= []) as unknown[];
    if (wireType === DELIMITED && expected !== DELIMITED) {
      const packed = reader.delimited();
      while (!packed.done) list.push(decodeValue(field.kind, packed, depth));
    } else {
      requireWireType(field, wireType, expected, start);
      list.push(decodeValue(field.kind, reader, depth));
    }
    return;
  }
  requireWireType(field, wireType, expected, start);
  const value = decodeValue(field.kind, reader, depth);
  // A message given in several parts is merged, as protobuf says; the last scalar wins.
  message[field.name] =
    isMessage(field.kind) && message[field.name]
      ? { ...(message[field.name] as Message), ...(value as Message) }
      : value;
}

function decodeValue(kind: FieldKind, reader: WireReader, depth: number): unknown {
  switch (kind) {
    case 'integer':
      return reader.integer();
    case 'unsigned':
      return reader.unsigned();
    case 'float':
      return reader.float();
    case 'double':
      return reader.double();
    case 'bytes': {
      const part = reader.delimited();
      return part.bytes.subarray(part.position, part.end);
    }
    case 'text': {
      const part = reader.delimited();
      try {
        return decoder.decode(part.bytes.subarray(part.position, part.end));
      } catch {
        throw onnxError('onnx-text', 'a name is not valid UTF-8', part.position);
      }
    }
    default:
      return decodeMessage(kind, reader.delimited(), depth + 1);
  }
}

function requireWireType(field: ProtoField, got: number, expected: number, start: number): void {
  if (got !== expected)
    throw onnxError('onnx-wire-type', `field ${field.name} has wire type ${got}, not ${expected}`, start);
}

function wireTypeOf(kind: FieldKind): number {
  if (kind === 'integer' || kind === 'unsigned') return VARINT;
  if (kind === 'float') return FIXED32;
  if (kind === 'double') return FIXED64;
  return DELIMITED;
}

function encodeMessage(name: MessageName, message: Message, path: string, depth: number): Uint8Array {
  if (depth > DEEPEST) throw fieldError(path, `${DEEPEST} levels`, 'a message that does not contain itself');
  const fields = FIELDS[name];
  for (const key of Object.keys(message))
    if (key !== 'unknownFields' && !fields.some((field) => field.name === key))
      throw fieldError(
        `${path}.${key}`,
        'a field that ONNX does not have',
        fields.map((field) => field.name).join(' '),
      );
  const writer = scratch(depth);
  for (const field of fields) {
    const value = message[field.name];
    if (value === undefined) continue;
    const fieldPath = `${path}.${field.name}`;
    if (!field.repeated) encodeField(writer, field, value, fieldPath, depth);
    else if (!Array.isArray(value)) throw fieldError(fieldPath, describe(value), 'an array');
    else if (wireTypeOf(field.kind) === DELIMITED)
      value.forEach((entry, index) => encodeField(writer, field, entry, `${fieldPath}[${index}]`, depth));
    else if (value.length > 0) {
      const packed = scratch(depth + 1);
      value.forEach((entry, index) => encodeScalar(packed, field.kind, entry, `${fieldPath}[${index}]`));
      encodeBytes(writer, field.number, packed.written());
    }
  }
  if (message.unknownFields instanceof Uint8Array) writer.bytes(message.unknownFields);
  return writer.written();
}

/** One writer per level, as a message is copied into its parent before the next of its level is begun. */
const writers: WireWriter[] = [];

function scratch(depth: number): WireWriter {
  const writer = (writers[depth] ??= new WireWriter());
  writer.clear();
  return writer;
}

function encodeField(
  writer: WireWriter,
  field: ProtoField,
  value: unknown,
  path: string,
  depth: number,
): void {
  const { kind, number } = field;
  if (isMessage(kind)) {
    if (typeof value !== 'object' || value === null)
      throw fieldError(path, describe(value), `a ${kind} message`);
    encodeBytes(writer, number, encodeMessage(kind, value as Message, path, depth + 1));
  } else if (kind === 'text') {
    if (typeof value !== 'string') throw fieldError(path, describe(value), 'a string');
    encodeBytes(writer, number, encoder.encode(value));
  } else if (kind === 'bytes') {
    if (!(value instanceof Uint8Array)) throw fieldError(path, describe(value), 'a Uint8Array');
    encodeBytes(writer, number, value);
  } else {
    writer.varint(number * 8 + wireTypeOf(kind));
    encodeScalar(writer, kind, value, path);
  }
}

function encodeScalar(writer: WireWriter, kind: FieldKind, value: unknown, path: string): void {
  const isInteger = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  if (kind === 'integer' || kind === 'unsigned') {
    if (!isInteger) throw fieldError(path, describe(value), 'a safe integer or a bigint');
    writer.varint(value);
  } else {
    if (typeof value !== 'number') throw fieldError(path, describe(value), 'a number');
    if (kind === 'float') writer.float(value);
    else writer.double(value);
  }
}

function encodeBytes(writer: WireWriter, number: number, bytes: Uint8Array): void {
  writer.varint(number * 8 + DELIMITED);
  writer.varint(bytes.length);
  writer.bytes(bytes);
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'object'}`;
  return `${typeof value} ${String(value)}`;
}

function fieldError(path: string, got: string, expected: string): MongeError {
  return new MongeError({
    code: 'onnx-field',
    what: 'cannot write this ONNX field',
    where: { key: path },
    got,
    expected,
  });
}
