/** @file Reads values of a model's configuration by key, with bounds: what is absurd is refused before anything is made of it. */
import { MongeError } from '../../error';

/** One JSON object of a configuration; every failure is `model-config` and names the key. */
export class ConfigReader {
  constructor(
    readonly json: Readonly<Record<string, unknown>>,
    /** Before the keys in errors: `rope_scaling.`. */
    readonly prefix = '',
  ) {}

  /** Whether the key is there and not null. */
  has(key: string): boolean {
    return this.json[key] !== undefined && this.json[key] !== null;
  }

  /** A whole number of at least 1; `otherwise` where the key is absent or null. @throws `model-config` */
  size(key: string, most: number, otherwise?: number): number {
    const value = this.#value(key, otherwise, 'a whole number');
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1 || value > most)
      throw this.refused(key, value, `a whole number from 1 to ${most.toLocaleString('en')}`);
    return value;
  }

  /** A whole number of at least 1, or null where the key is null; `otherwise` where it is absent. @throws `model-config` */
  sizeOrNull(key: string, most: number, otherwise: number | null): number | null {
    if (this.json[key] === undefined) return otherwise;
    return this.json[key] === null ? null : this.size(key, most);
  }

  /** A finite number above zero; `otherwise` where the key is absent or null. @throws `model-config` */
  positive(key: string, otherwise?: number): number {
    const value = this.#value(key, otherwise, 'a number above zero');
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
      throw this.refused(key, value, 'a number above zero');
    return value;
  }

  /** A finite number above zero, or null where the key is null; `otherwise` where it is absent. @throws `model-config` */
  positiveOrNull(key: string, otherwise: number | null): number | null {
    if (this.json[key] === undefined) return otherwise;
    return this.json[key] === null ? null : this.positive(key);
  }

  /** @throws `model-config` */
  flag(key: string, otherwise: boolean): boolean {
    const value = this.json[key] ?? otherwise;
    if (typeof value !== 'boolean') throw this.refused(key, value, 'true or false');
    return value;
  }

  /** One of the texts that stand for a result. @throws `model-config` */
  choice<T>(key: string, choices: Readonly<Record<string, T>>, otherwise: string): T {
    const value = this.json[key] ?? otherwise;
    if (typeof value !== 'string' || !Object.hasOwn(choices, value))
      throw this.refused(key, value, Object.keys(choices).join(' or '));
    return choices[value]!;
  }

  /** `count` finite numbers above zero. @throws `model-config` */
  positives(key: string, count: number): number[] {
    const value = this.json[key];
    const fits = (entry: unknown) => typeof entry === 'number' && Number.isFinite(entry) && entry > 0;
    if (!Array.isArray(value) || value.length !== count || !value.every(fits))
      throw this.refused(key, value, `${count} numbers above zero`);
    return value as number[];
  }

  /** An object below a key; null where it is absent or null. @throws `model-config` */
  inside(key: string): ConfigReader | null {
    const value = this.json[key];
    if (value === undefined || value === null) return null;
    if (typeof value !== 'object' || Array.isArray(value)) throw this.refused(key, value, 'an object');
    return new ConfigReader(value as Record<string, unknown>, `${this.prefix}${key}.`);
  }

  refused(key: string, got: unknown, expected: string): MongeError {
    const said = JSON.stringify(got) ?? 'nothing';
    return new MongeError({
      code: 'model-config',
      blame: 'input',
      what: 'the configuration of this model has a value that no such model can have',
      where: { key: `${this.prefix}${key}` },
      got: said.length > 80 ? `${said.slice(0, 80)}…` : said,
      expected,
    });
  }

  #value(key: string, otherwise: number | undefined, expected: string): unknown {
    const value = this.json[key] ?? otherwise;
    if (value === undefined) throw this.refused(key, value, expected);
    return value;
  }
}
