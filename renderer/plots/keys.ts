/** @file Keys that every figure understands alike. */

/** Whether a key comes with Ctrl, Alt or Meta, and so belongs to a command of the window. */
export function isCommand(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}

/** Where an arrow key points, right and down counted up; null for any other key and for commands. */
export function arrowOf(event: KeyboardEvent): [across: number, down: number] | null {
  if (isCommand(event)) return null;
  const ways: Record<string, [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  return ways[event.key] ?? null;
}
