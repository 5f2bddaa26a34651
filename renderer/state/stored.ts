/** @file Small values that survive a reload: JSON in localStorage, checked when read, silent where storage is denied. */

const prefix = 'monge.';

/** The stored value when there is one and it passes `check`, else the fallback. */
export function readStored<T>(key: string, fallback: T, check: (value: unknown) => value is T): T {
  try {
    const text = localStorage.getItem(prefix + key);
    if (text === null) return fallback;
    const value: unknown = JSON.parse(text);
    return check(value) ? value : fallback;
  } catch {
    return fallback;
  }
}

/** Stores a JSON value; a full or denied storage only means that the value is forgotten at reload. */
export function writeStored(key: string, value: unknown): void {
  try {
    localStorage.setItem(prefix + key, JSON.stringify(value));
  } catch {
    // Nothing in the view may fail because it cannot be remembered.
  }
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isNumberList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number' && Number.isFinite(item));
}

export function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
