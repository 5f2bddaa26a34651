/**
 * @file What the compiler tells of its own work, to whoever sets a listener; without one it tells nothing. The levels
 * are those of MONGE_DEBUG: 1 a line per step of every program, 2 its graph as well. Levels 3 and 4 are of the sessions
 * that run the programs (where each node was placed, time per operation) and are not known here.
 */

export interface CompilerListener {
  readonly level: number;
  write(text: string): void;
  /** Milliseconds from any start; only ever shown. */
  now(): number;
}

let listener: CompilerListener | undefined;

/** Whom to tell from now on, on this thread; undefined for nobody. */
export function setCompilerListener(next: CompilerListener | undefined): void {
  listener = next;
}

/**
 * Does one step of compiling `program`, and tells how long it took and what came out of it. Steps may contain others:
 * the gradient is taken while a program is traced.
 */
export function step<T>(program: string, name: string, work: () => T, describe: (result: T) => string): T {
  const heard = listener;
  if (!heard || heard.level < 1) return work();
  const started = heard.now();
  const result = work();
  const took = heard.now() - started;
  heard.write(`${program}: ${name} ${took.toFixed(1)} ms, ${describe(result)}`);
  return result;
}

/** Tells the text of a graph, which is only made where somebody listens. */
export function showText(text: () => string): void {
  if (listener && listener.level >= 2) listener.write(text());
}
