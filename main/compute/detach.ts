/** @file Answers on their way to another thread: copies that own their memory, and the buffers to move. */

/** A copy whose typed arrays own exactly their memory: safe to transfer, even where a method answers with what it keeps. */
export function detach(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    if (value instanceof DataView) return structuredClone(value);
    // On a Node Buffer `slice` would only be another view.
    return Buffer.isBuffer(value) ? Uint8Array.from(value) : (value as Uint8Array).slice();
  }
  if (Array.isArray(value)) return value.map(detach);
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, detach(part)]));
  return structuredClone(value);
}

/** The buffers of a detached answer, for a transfer list. */
export function buffersOf(value: unknown, found: ArrayBuffer[] = []): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer && !found.includes(value.buffer)) found.push(value.buffer);
  } else if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) buffersOf(part, found);
  return found;
}
