/**
 * @file Trainings inside a larger run. What a run fits one after another, and the training that it is in the middle of, lie
 * in the run's own checkpoint, so that a resumed run goes on inside a training and fits nothing twice.
 */
import type { Arrays, CheckpointState, RunContext } from '../contract/define';
import type { Json } from '../contract/schema';
import { prefixed, under } from '../disk/named-arrays';
import { CHECKPOINT_MILLISECONDS, type TrainingContext } from './loop';

/** Where parts lie in a checkpoint: facts under this key of its JSON, arrays under names that begin with it. */
const KEY = 'parts';
const DONE = `${KEY}/done/`;
const CURRENT = `${KEY}/current/`;

/** The facts. */
interface StoredParts {
  /** Parts that are done, by name. */
  done: string[];
  /** The training under way, less its arrays. */
  current: { name: string; step: number; json: Record<string, Json> } | null;
}

type Surroundings = Pick<RunContext, 'compute' | 'now' | 'stopRequested'>;

export class Parts {
  /** The run's own state to go on from: its checkpoint without the parts. */
  readonly resume: CheckpointState | null;
  readonly #context: Surroundings & Pick<RunContext, 'checkpoint'>;
  readonly #own: () => CheckpointState;
  readonly #done = new Map<string, Arrays>();
  #current: { name: string; state: CheckpointState } | null = null;
  #saved: number;
  /** Something is not in the last checkpoint yet; the last checkpoint holds parts. */
  #changed = false;
  #held = false;

  /** `own` gives the run's state without the parts, whenever a checkpoint is written. */
  constructor(context: Surroundings & Pick<RunContext, 'checkpoint' | 'resume'>, own: () => CheckpointState) {
    this.#context = context;
    this.#own = own;
    this.#saved = context.now();
    this.resume = this.#read(context.resume);
  }

  /** Parts of nothing that is kept: they stop, but cannot go on. */
  static ofNothing(context: Surroundings): Parts {
    const { compute } = context;
    const [now, stopRequested] = [() => context.now(), () => context.stopRequested()];
    const checkpoint = async () => undefined;
    return new Parts({ compute, now, stopRequested, resume: null, checkpoint }, () => ({
      ...{ step: 0, json: {}, arrays: {} },
    }));
  }

  /**
   * What `work` fits, or what it has fitted before; null when stopped. A training inside goes on from where it was;
   * `name` says which part it is, `onProgress` gets shares from 0 to 1.
   */
  async run(
    name: string,
    work: (inner: TrainingContext) => Promise<Arrays | null>,
    onProgress: (share: number) => void = () => undefined,
  ): Promise<Arrays | null> {
    const fitted = this.#done.get(name) ?? (await work(this.#inner(name, onProgress)));
    if (!fitted) return null;
    onProgress(1);
    if (this.#done.has(name)) return fitted;
    this.#done.set(name, fitted);
    this.#current = null;
    this.#changed = true;
    if (this.#context.now() - this.#saved > CHECKPOINT_MILLISECONDS) await this.save();
    return fitted;
  }

  /** Writes a checkpoint if there is anything new to be kept: when stopped between two parts, or after them. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    this.#changed = false;
    this.#held = true;
    await this.#context.checkpoint(this.#stored());
    this.#saved = this.#context.now();
  }

  /** Forgets the parts, once the run's own state holds what became of them. Says whether the last checkpoint still has them. */
  clear(): boolean {
    const held = this.#held;
    this.#done.clear();
    this.#current = null;
    this.#changed = this.#held = false;
    return held;
  }

  #inner(name: string, onProgress: (share: number) => void): TrainingContext {
    const { compute } = this.#context;
    const nothing = () => undefined;
    return {
      inner: true,
      compute,
      resume: this.#current?.name === name ? this.#current.state : null,
      now: () => this.#context.now(),
      stopRequested: () => this.#context.stopRequested(),
      progress: ({ step, steps }) => onProgress(step / steps),
      checkpoint: async (state) => {
        // A training that has not begun is as well begun again.
        if (state.step === 0) return;
        this.#current = { name, state };
        this.#changed = true;
        await this.save();
      },
      ...{ metric: nothing, final: nothing, snapshot: async () => undefined },
    };
  }

  #stored(): CheckpointState {
    const own = this.#own();
    const arrays = { ...own.arrays };
    const facts: StoredParts = { done: [...this.#done.keys()], current: null };
    for (const [name, fitted] of this.#done) Object.assign(arrays, prefixed(`${DONE}${name}/`, fitted));
    if (this.#current) {
      const { name, state } = this.#current;
      facts.current = { name, step: state.step, json: state.json };
      Object.assign(arrays, prefixed(CURRENT, state.arrays));
    }
    return { ...own, json: { ...own.json, [KEY]: facts as unknown as Json }, arrays };
  }

  /** Takes the parts out of a checkpoint. */
  #read(resume: CheckpointState | null): CheckpointState | null {
    if (!resume || !(KEY in resume.json)) return resume;
    const { [KEY]: facts, ...json } = resume.json;
    const { done, current } = facts as unknown as StoredParts;
    for (const name of done) this.#done.set(name, under(`${DONE}${name}/`, resume.arrays));
    if (current) {
      const { name, ...state } = current;
      this.#current = { name, state: { ...state, arrays: under(CURRENT, resume.arrays) } };
    }
    // The run may write a checkpoint of its own before the next one with these.
    this.#changed = this.#held = true;
    const own = Object.entries(resume.arrays).filter(([name]) => !name.startsWith(`${KEY}/`));
    return { ...resume, json, arrays: Object.fromEntries(own) };
  }
}
