/** @file States and attention patterns of pictures, run once and kept while they are looked at. */
import type { HookPoint } from '../../../native-models';
import { MongeError } from '../../../native-models/error';
import type { RowMatrix } from '../../contract/projection';
import type { Insides } from '../insides/insides';
import { unknownRole } from '../insides/look';
import type { Picture } from './picture';

/** Of what is kept, and of what one run may give at once. */
const KEPT_BYTES = 256 * 2 ** 20;
const RUN_BYTES = 96 * 2 ** 20;

/** Tokens before the patches: the class token. */
export const SPECIAL = 1;

/** States at the patches alone, row by row. */
export type PatchStates = RowMatrix;

/** Values of hooks by picture, the ones used last. */
export class KeptStates {
  readonly #insides: Insides;
  readonly #tokens: number;
  /** In order of last use. */
  readonly #kept = new Map<string, Promise<Float32Array>>();
  readonly #bytes = new Map<string, number>();

  /** `tokens` of every picture, the class token among them. */
  constructor(insides: Insides, tokens: number) {
    this.#insides = insides;
    this.#tokens = tokens;
  }

  /** @throws `hook-unknown` where there is none, or it has no state a token */
  async states(picture: Picture, hook: string): Promise<PatchStates> {
    const found = this.#insides.hooks.find(({ id }) => id === hook);
    if (!found || found.role === 'pattern') throw unknownHook(hook, this.#insides);
    const data = await this.#value(picture, found);
    const columns = data.length / this.#tokens;
    return { data: data.subarray(SPECIAL * columns), rows: this.#tokens - SPECIAL, columns };
  }

  /** [heads, tokens, tokens] @throws `hook-unknown` */
  async pattern(picture: Picture, layer: number): Promise<Float32Array> {
    const found = this.#insides.hooks.find(({ id }) => id === `pattern:${layer}`);
    if (!found) throw unknownRole(`pattern:${layer}`, this.#insides);
    return this.#value(picture, found);
  }

  /** All layers of a role at once where they fit: a slider over layers then waits for one run. */
  async #value(picture: Picture, hook: HookPoint): Promise<Float32Array> {
    const key = `${picture.id} ${hook.id}`;
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    const role = this.#insides.hooks.filter((other) => other.role === hook.role);
    const all = role.reduce((sum, other) => sum + this.#sizeOf(other), 0);
    const some = all <= RUN_BYTES ? role : [hook];
    const runs = await this.#insides.runs('fp32');
    // At `basic` every bit is the same whatever else is an output.
    const run = runs.runFeeds(
      { pixels: picture.pixels },
      some.map(({ id }) => id),
      'basic',
    );
    for (const other of some)
      this.#keep(
        `${picture.id} ${other.id}`,
        run.then((values) => values[other.id]!.data as Float32Array),
        this.#sizeOf(other),
      );
    return this.#kept.get(key)!;
  }

  #keep(key: string, value: Promise<Float32Array>, bytes: number): void {
    value.catch(() => this.#forget(key));
    this.#kept.set(key, value);
    this.#bytes.set(key, bytes);
    let sum = [...this.#bytes.values()].reduce((total, one) => total + one, 0);
    for (const oldest of this.#kept.keys()) {
      if (sum <= KEPT_BYTES || oldest === key) break;
      sum -= this.#bytes.get(oldest)!;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#kept.delete(key);
    this.#bytes.delete(key);
  }

  #sizeOf({ role, shape }: HookPoint): number {
    const each = shape.reduce<number>((product, size) => product * Number(size), 1);
    return 4 * each * (role === 'pattern' ? 1 : this.#tokens);
  }
}

function unknownHook(hook: string, { hooks }: Pick<Insides, 'hooks'>): MongeError {
  const roles = [...new Set(hooks.map(({ role }) => role))].filter((role) => role !== 'pattern');
  return new MongeError({
    code: 'hook-unknown',
    blame: 'input',
    what: 'this model has no such hook with a state at every patch',
    where: { key: hook },
    expected: `role:layer; roles ${roles.join(', ')}`,
  });
}
