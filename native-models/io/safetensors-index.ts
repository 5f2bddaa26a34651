/** @file The header of a safetensors file as an index: where every tensor lies, without reading any values. */
import { MongeError } from '../error';
import { elementBytes, elementsIn, type ElementType } from './elements';

export interface SafetensorsEntry {
  name: string;
  /** The file's own name of the type, for example BF16. */
  dtype: string;
  /** Null for a type whose values cannot be read; its bytes can still be counted. */
  type: ElementType | null;
  shape: readonly number[];
  /** First byte in the file, and the one after the last. */
  from: number;
  to: number;
}

export interface SafetensorsIndex {
  /** In order of their bytes. */
  tensors: SafetensorsEntry[];
  metadata: Record<string, string>;
}

export const dtypeNames: Readonly<Record<ElementType, string>> = {
  bool: 'BOOL',
  float16: 'F16',
  bfloat16: 'BF16',
  float32: 'F32',
  float64: 'F64',
  int8: 'I8',
  uint8: 'U8',
  int16: 'I16',
  uint16: 'U16',
  int32: 'I32',
  uint32: 'U32',
  int64: 'I64',
  uint64: 'U64',
};
const types = new Map(
  (Object.keys(dtypeNames) as ElementType[]).map((type): [string, ElementType] => [dtypeNames[type], type]),
);

/** Bits of a value of the types that are listed but not read. */
const unreadable: ReadonlyMap<string, number> = new Map([
  ['F8_E4M3', 8],
  ['F8_E5M2', 8],
  ['F8_E8M0', 8],
  ['F8_E4M3FNUZ', 8],
  ['F8_E5M2FNUZ', 8],
  ['F6_E2M3', 6],
  ['F6_E3M2', 6],
  ['F4', 4],
  ['C64', 64],
]);

/** The limit other readers of the format keep, so that a hostile length cannot ask for all memory. */
const headerLimit = 100_000_000;

/**
 * How many bytes from the start of the file `safetensorsIndex` needs, from its first eight.
 * @throws `safetensors-truncated`, `safetensors-header`.
 */
export function safetensorsHeaderBytes(first: Uint8Array, file?: string): number {
  if (first.length < 8) throw truncated(first.length, 8, file);
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(headerLimit))
    throw new MongeError({
      code: 'safetensors-header',
      what: 'the header is too long, so this is hardly a safetensors file',
      where: { file, byte: 0 },
      got: `${length} bytes`,
      expected: `at most ${headerLimit}`,
    });
  return 8 + Number(length);
}

/**
 * Checks a whole header: JSON, types, shapes, and that the values cover the file of `fileBytes` without gap or overlap.
 * `head` begins at the start of the file and holds at least the header; `file` is named in errors.
 * @throws `safetensors-truncated`, `safetensors-header`, `safetensors-dtype`, `safetensors-shape`, `safetensors-offsets`.
 */
export function safetensorsIndex(head: Uint8Array, fileBytes: number, file?: string): SafetensorsIndex {
  const start = safetensorsHeaderBytes(head, file);
  if (head.length < start) throw truncated(head.length, start, file);
  const available = fileBytes - start;
  const metadata: [string, string][] = [];
  const tensors: SafetensorsEntry[] = [];
  for (const [name, entry] of Object.entries(parseHeader(head.subarray(8, start), file))) {
    if (name === '__metadata__') {
      for (const [key, value] of Object.entries(record(entry, name, file)))
        metadata.push([key, typeof value === 'string' ? value : JSON.stringify(value)]);
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = record(entry, name, file);
    const known = typeof dtype === 'string' && (types.has(dtype) || unreadable.has(dtype));
    if (!known) throw unsupported(name, String(JSON.stringify(dtype)), file);
    const type = types.get(dtype) ?? null;
    const count = elementsIn(shape);
    if (Number.isNaN(count))
      throw new MongeError({
        code: 'safetensors-shape',
        what: 'the shape is not a list of whole numbers',
        where: { file, tensor: name },
        got: String(JSON.stringify(shape)),
      });
    const [from, to] = offsetsOf(offsets, name, available, file);
    const bytes = type ? count * elementBytes[type] : Math.ceil((count * unreadable.get(dtype)!) / 8);
    if (to - from !== bytes)
      throw new MongeError({
        code: 'safetensors-shape',
        what: 'the shape does not fit the number of bytes',
        where: { file, tensor: name },
        got: `${to - from} bytes`,
        expected: `${bytes} bytes`,
      });
    tensors.push({ name, dtype, type, shape: shape as number[], from: start + from, to: start + to });
  }
  checkCover(tensors, start, fileBytes, file);
  return { tensors, metadata: Object.fromEntries(metadata) };
}

/** The error of a tensor whose values cannot be read. */
export function unsupported(tensor: string, got: string, file?: string): MongeError {
  return new MongeError({
    code: 'safetensors-dtype',
    what: 'this value type is not supported',
    where: { file, tensor },
    got,
    expected: `one of ${[...types.keys()].join(', ')}`,
    help: got.startsWith('F8')
      ? 'save the tensor as BF16; 8-bit floats need the scale their model keeps'
      : undefined,
  });
}

function truncated(got: number, expected: number, file?: string): MongeError {
  return new MongeError({
    code: 'safetensors-truncated',
    what: 'the file ends too early',
    where: { file, byte: got },
    got: `${got} bytes`,
    expected: `at least ${expected}`,
    help: 'copy or download the file again',
  });
}

function parseHeader(json: Uint8Array, file?: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw new MongeError(
      { code: 'safetensors-header', what: 'the header is not JSON', where: { file, byte: 8 } },
      { cause },
    );
  }
  return record(parsed, '', file);
}

function record(value: unknown, tensor: string, file?: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new MongeError({
    code: 'safetensors-header',
    what: 'the header has something else where an object belongs',
    where: tensor ? { file, tensor } : { file, byte: 8 },
  });
}

function offsetsOf(value: unknown, tensor: string, available: number, file?: string): [number, number] {
  const [from, to] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : [];
  const whole = Number.isSafeInteger(from) && Number.isSafeInteger(to);
  if (!whole || (from as number) < 0 || (to as number) < (from as number) || (to as number) > available)
    throw new MongeError({
      code: 'safetensors-offsets',
      what: 'the values lie outside the file',
      where: { file, tensor },
      got: String(JSON.stringify(value)),
      expected: `two offsets from 0 to ${available}`,
      help: 'the file may be cut short; copy or download it again',
    });
  return [from as number, to as number];
}

/** Sorts by place on the way. */
function checkCover(tensors: SafetensorsEntry[], start: number, fileBytes: number, file?: string): void {
  tensors.sort((a, b) => a.from - b.from || a.to - b.to);
  let end = start;
  for (const { name, from, to } of tensors) {
    if (from !== end)
      throw new MongeError({
        code: 'safetensors-offsets',
        what: from < end ? 'two tensors overlap' : 'there is a gap before a tensor',
        where: { file, tensor: name },
        got: `offset ${from - start}`,
        expected: `offset ${end - start}`,
      });
    end = to;
  }
  if (end !== fileBytes)
    throw new MongeError({
      code: 'safetensors-offsets',
      what: 'there are bytes after the last tensor',
      where: { file, byte: end },
      got: `${fileBytes - end} more bytes`,
      expected: 'none',
    });
}
