/** @file Ends a text that comes in pieces at the first of some strings, which may begin in one piece and end in another. */

export interface StopResult {
  /** Text that is settled: no stop string can begin in it any more. */
  text: string;
  stopped: boolean;
}

/** Watches one text. What it hands out never holds a stop string or a beginning of one that came true. */
export class StopWatcher {
  readonly #stops: readonly string[];
  #held = '';

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '');
  }

  /** Takes the next piece. After `stopped` nothing more must come. */
  push(piece: string): StopResult {
    const text = this.#held + piece;
    const ends = this.#stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    if (ends.length > 0) {
      this.#held = '';
      return { text: text.slice(0, Math.min(...ends)), stopped: true };
    }
    const settled = text.length - this.#openLength(text);
    this.#held = text.slice(settled);
    return { text: text.slice(0, settled), stopped: false };
  }

  /** What was held back, where the text ends otherwise. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }

  /** The length of the longest end of the text with which a stop string may begin. */
  #openLength(text: string): number {
    let longest = 0;
    for (const stop of this.#stops)
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--)
        if (text.endsWith(stop.slice(0, length))) longest = length;
    return longest;
  }
}
