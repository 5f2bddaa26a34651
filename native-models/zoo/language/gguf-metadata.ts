/** @file Reads numbers and words of a GGUF's metadata by key, with bounds: what is absurd is refused with the key named. */
import { MongeError } from '../../error';
import type { GgufIndex, GgufValue } from '../../io/gguf';

/** Above every model that exists. */
const MOST = 2 ** 31;

export class GgufMetadata {
  readonly architecture: string;
  readonly #values: ReadonlyMap<string, GgufValue>;
  readonly #file: string | undefined;

  /** @throws `gguf-metadata` where the architecture is not named */
  constructor(index: Pick<GgufIndex, 'metadata'>, file?: string) {
    this.#values = index.metadata;
    this.#file = file;
    this.architecture = this.word('general.architecture') ?? '';
    if (this.architecture === '')
      throw this.refused('general.architecture', undefined, 'the name of a family');
  }

  /** A whole number of at least 1 under the architecture's key. `otherwise` where it is absent. @throws `gguf-metadata` */
  size(key: string, otherwise?: number): number {
    const value = this.value(key) ?? otherwise;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST) return value;
    throw this.refused(this.full(key), value, 'a whole number above 0');
  }

  sizeOrNull(key: string): number | null {
    return this.value(key) === undefined ? null : this.size(key);
  }

  /** A finite number above 0, as the shortest decimal that is the same float32: 1e-5, not 9.999999747378752e-6. */
  positive(key: string, otherwise?: number): number {
    const value = this.value(key) ?? otherwise;
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return shortest(value);
    throw this.refused(this.full(key), value, 'a number above 0');
  }

  positiveOrNull(key: string): number | null {
    return this.value(key) === undefined ? null : this.positive(key);
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.value(key) ?? otherwise;
    if (typeof value === 'boolean') return value;
    throw this.refused(this.full(key), value, 'true or false');
  }

  /** Words under a key as it is, without the architecture before it; undefined where it is absent or no words. */
  word(key: string): string | undefined {
    const value = this.#values.get(key);
    return typeof value === 'string' ? value : undefined;
  }

  /** The id of a token, or undefined. */
  token(key: string): number | undefined {
    const value = this.#values.get(`tokenizer.ggml.${key}_token_id`);
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
  }

  value(key: string): GgufValue | undefined {
    return this.#values.get(this.full(key));
  }

  full(key: string): string {
    return key.startsWith('general.') ? key : `${this.architecture}.${key}`;
  }

  refused(key: string, got: unknown, expected: string): MongeError {
    return new MongeError({
      code: 'gguf-metadata',
      blame: 'input',
      what: 'the metadata of the model cannot be used',
      where: { file: this.#file, key: key.slice(0, 100) },
      got: said(got),
      expected,
    });
  }
}

function said(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return value.toString();
  return 'a list';
}

/** The number with the fewest digits that float32 rounds to the same value. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}
