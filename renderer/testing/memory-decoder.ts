/** @file A tiny random decoder in plain loops for tests of the view: made up, but every number of it agrees with every other. */
import type { LanguageToken } from '../../main/rpc/contract';
import { scattered } from './memory-shapes';

export interface DecoderSize {
  layers: number;
  heads: number;
  /** A multiple of the heads. */
  width: number;
}

export interface Passed {
  /** [layers + 1][tokens × width]: the embeddings, then what each block leaves. */
  states: Float64Array[];
  /** [layers][heads × tokens × tokens]. */
  patterns: Float64Array[];
}

const common =
  'the a is in of and to it first city Paris Rome Tower Col os se um E iff el was one last , . ? ! that for on with as by from river sea town light'.split(
    ' ',
  );

/** A number in (−1, 1) by the places that it belongs to. */
function drawn(...places: number[]): number {
  return 2 * scattered(places.reduce((sum, place, k) => sum + place * [1, 31.7, 977.3, 53.1][k]!, 0.5)) - 1;
}

/** Words with the space before them, and single other characters. */
function tokensOf(text: string, idOf: (text: string) => number): LanguageToken[] {
  return [...text.matchAll(/ ?[\p{L}\p{N}]+|\s|[^\s\p{L}\p{N}]/gu)].map((found) => ({
    id: idOf(found[0]),
    text: found[0],
    start: found.index,
    end: found.index + found[0].length,
    special: false,
  }));
}

export class MemoryDecoder {
  readonly size: DecoderSize;
  /** Grows by the words that it meets. */
  readonly vocabulary: string[] = common.map((word) => (/^\W/.test(word) ? word : ` ${word}`));
  readonly #passed = new Map<string, Passed>();

  constructor(size: DecoderSize) {
    this.size = size;
  }

  tokens(text: string): LanguageToken[] {
    return tokensOf(text, (word) => this.idOf(word));
  }

  idOf(word: string): number {
    const known = this.vocabulary.indexOf(word);
    return known >= 0 ? known : this.vocabulary.push(word) - 1;
  }

  /** The row of the embedding. */
  embedding(id: number): Float64Array {
    return Float64Array.from({ length: this.size.width }, (_, unit) => drawn(id, unit));
  }

  /** The row of the output map. */
  output(id: number): Float64Array {
    return Float64Array.from({ length: this.size.width }, (_, unit) => drawn(id, unit, 19));
  }

  /** What every block leaves of these tokens; `noise` stands for the rounding of a level. */
  pass(ids: readonly number[], noise = 0): Passed {
    const key = `${noise}:${ids.join()}`;
    const known = this.#passed.get(key);
    if (known) return known;
    const { layers, heads, width } = this.size;
    const wide = width / heads;
    const state = new Float64Array(ids.length * width);
    ids.forEach((id, t) => state.set(this.embedding(id), t * width));
    const passed: Passed = { states: [state], patterns: [] };
    for (let layer = 0; layer < layers; layer++) {
      const before = passed.states[layer]!;
      const next = Float64Array.from(before);
      const pattern = new Float64Array(heads * ids.length ** 2);
      for (let head = 0; head < heads; head++) {
        const turn = Float64Array.from({ length: wide }, (_, unit) => 1.5 + drawn(layer, head, unit, 3));
        const at = (token: number): Float64Array =>
          before.subarray(token * width + head * wide, token * width + (head + 1) * wide);
        const size = ids.map((_, t) => Math.hypot(...at(t)) || 1);
        for (let t = 0; t < ids.length; t++) {
          const row = pattern.subarray((head * ids.length + t) * ids.length);
          let sum = 0;
          for (let s = 0; s <= t; s++) {
            let score = (s === 0 ? 1 + 0.2 * head : 0) - (0.4 * (t - s)) / (1 + 2 * head);
            for (let unit = 0; unit < wide; unit++)
              score += (turn[unit]! * at(t)[unit]! * at(s)[unit]!) / (size[t]! * size[s]!);
            row[s] = Math.exp(score);
            sum += row[s]!;
          }
          for (let s = 0; s <= t; s++) {
            row[s]! /= sum;
            for (let unit = 0; unit < wide; unit++)
              next[t * width + head * wide + unit]! += 0.2 * row[s]! * at(s)[unit]!;
          }
        }
      }
      // What a token makes likely grows from block to block, so that the lens comes to agree with the end.
      ids.forEach((id, t) => {
        const said = this.output(this.#after(id));
        for (let unit = 0; unit < width; unit++) {
          const place = t * width + unit;
          next[place]! += (0.9 * (layer + 1) * said[unit]!) / layers + 0.15 * drawn(layer, unit, 7);
          next[place]! += noise * drawn(layer, place, 11);
        }
      });
      passed.states.push(next);
      passed.patterns.push(pattern);
    }
    this.#passed.clear();
    this.#passed.set(key, passed);
    return passed;
  }

  /** The token that this one makes likely. */
  #after(id: number): number {
    return Math.floor(scattered(7 * id + 3) * common.length);
  }

  /** Log-probabilities over the vocabulary of what follows a state. */
  next(state: ArrayLike<number>): Float64Array {
    const length = Math.hypot(...Array.from(state)) || 1;
    const logits = this.vocabulary.map((_, id) =>
      this.output(id).reduce((sum, value, unit) => sum + (3.4 * value * state[unit]!) / length, 0),
    );
    const most = Math.max(...logits);
    const total = most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
    return Float64Array.from(logits, (logit) => logit - total);
  }
}

/** The state of a token in a layer's output. */
export function stateOf({ states }: Passed, row: number, token: number, width: number): Float64Array {
  return states[row]!.subarray(token * width, (token + 1) * width);
}
