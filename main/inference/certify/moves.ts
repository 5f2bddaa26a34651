/** @file Moves hooks of a model from outside, several in one run, and tells what that does to what the model says. */
import type { HostTensor, Session } from '../../contract/compute';
import { operatorInputs, rampOf, withMovers } from './operators';
import { subjectFeeds, type Subject } from './subject';

/** Tokens of a run: as many texts side by side as make products large enough to be fast. */
const TOKENS = 96;

/** By how much what is observed changed, [tokens, …]. */
export interface Effect {
  whole: Float32Array;
  /** Of half the move. */
  half: Float32Array;
}

/** One session with an operator at every hook. */
export class Moves {
  /** Moves that are made in one run. */
  readonly together: number;
  readonly #subject: Subject;
  readonly #session: Session;
  readonly #observed: string;
  #still: Promise<Float32Array> | null = null;

  constructor(subject: Subject, session: Session) {
    this.#subject = subject;
    this.#session = session;
    this.#observed = subject.hooks.find(({ id }) => id === subject.observed)!.value;
    this.together = Math.max(1, Math.floor(TOKENS / (2 * subject.ids.length)));
  }

  static async open(subject: Subject): Promise<Moves> {
    const model = withMovers(subject.graph([subject.observed]), subject.hooks);
    return new Moves(subject, await subject.open(model, 'basic'));
  }

  /** What the text alone says when nothing is moved. */
  still(): Promise<Float32Array> {
    return this.#run(new Float32Array(this.#subject.hooks.length), 1);
  }

  /** Of each move, at most `together` of them. `size` is that of a value of the hook. */
  async effects(moves: readonly { hook: string; size: number }[]): Promise<Effect[]> {
    const { hooks } = this.#subject;
    const texts = 2 * this.together;
    // Of as many texts: a product of another height may round in another way.
    const still = await (this.#still ??= this.#run(new Float32Array(hooks.length * texts), texts));
    const strengths = new Float32Array(hooks.length * texts);
    moves.forEach(({ hook, size }, k) => {
      const { value } = hooks.find(({ id }) => id === hook)!;
      // Hooks of one value share the operator of the first.
      const at = hooks.findIndex((other) => other.value === value) * texts + 2 * k;
      strengths[at] = size;
      strengths[at + 1] = size / 2;
    });
    const moved = await this.#run(strengths, texts);
    const length = moved.length / texts;
    const change = (text: number) =>
      moved.subarray(text * length, (text + 1) * length).map((value, k) => value - still[text * length + k]!);
    return moves.map((_, k) => ({ whole: change(2 * k), half: change(2 * k + 1) }));
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #run(strengths: Float32Array, texts: number): Promise<Float32Array> {
    const { ids } = this.#subject;
    const feeds: Record<string, HostTensor> = {
      ...subjectFeeds(this.#subject, texts),
      [operatorInputs.strengths]: {
        type: 'float32',
        data: strengths,
        dims: [strengths.length / texts, texts],
      },
      [operatorInputs.ramp]: { type: 'float32', data: rampOf(ids.length), dims: [ids.length] },
    };
    return (await this.#session.run(feeds))[this.#observed]!.data as Float32Array;
  }
}
