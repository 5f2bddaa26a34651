/** @file Which tokens of a long text are in sight: zoomed around a place, moved, and brought to a token. */

/** The first token in sight and the one after the last. */
export type Window = readonly [from: number, to: number];

/** Fewer tokens than this are never shown alone. */
const fewest = 8;

/** All tokens of a text. */
export function whole(count: number): Window {
  return [0, Math.max(1, count)];
}

/** Shows `factor` times as many tokens, keeping the one at `share` of the width in its place. */
export function zoomed([from, to]: Window, count: number, factor: number, share: number): Window {
  const most = Math.max(1, count);
  const size = Math.round(Math.min(most, Math.max(Math.min(fewest, most), (to - from) * factor)));
  const start = Math.round(from + share * (to - from) - share * size);
  const first = Math.min(most - size, Math.max(0, start));
  return [first, first + size];
}

/** Moves by whole tokens, as far as there are some. */
export function moved([from, to]: Window, count: number, by: number): Window {
  const first = Math.min(Math.max(0, count - (to - from)), Math.max(0, from + Math.round(by)));
  return [first, first + (to - from)];
}

/** Moves as little as brings a token into sight. */
export function withToken(window: Window, count: number, token: number): Window {
  const [from, to] = window;
  if (token < from) return moved(window, count, token - from);
  return token >= to ? moved(window, count, token - to + 1) : window;
}
