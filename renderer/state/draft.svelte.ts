/** @file The configuration being edited: what the person set, what a run would have, and what is wrong with it. */
import { SvelteSet } from 'svelte/reactivity';
import type { InputIds, Json, RunRecord } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { asEngineError } from '../engine/error';
import { isRecord, readStored, writeStored } from './stored';
import type { UndoHistory } from './undo.svelte';

type Values = Readonly<Record<string, Json>>;

/** Milliseconds of quiet before the engine is asked again: typing "2500" is one question. */
const quiet = 80;

export class Draft {
  /** Only what the person set. */
  given = $state.raw<Values>({});
  /** The full configuration a run would have; empty until the engine has answered. */
  resolved = $state.raw<Values>({});
  /** What is wrong, by key. */
  errors = $state.raw<Readonly<Record<string, string>>>({});
  /** The setting that keeps a run from starting: the form puts the cursor there. */
  sought = $state<string | null>(null);
  /** What a sample proposes; the person's own settings win. */
  #suggested: Values = {};
  readonly #engine: EngineClient;
  readonly #undo: UndoHistory;
  readonly #accepted: () => void;
  #method: string | null = null;
  #data: InputIds = {};
  #timer: ReturnType<typeof setTimeout> | null = null;
  #question = 0;

  /** `accepted` hears whenever the engine finds nothing wrong. */
  constructor(engine: EngineClient, undo: UndoHistory, accepted: () => void) {
    this.#engine = engine;
    this.#accepted = accepted;
    this.#undo = undo;
  }

  /** What the form shows: the person's own values over what the engine resolved. */
  get values(): Record<string, Json> {
    return { ...this.resolved, ...this.given };
  }

  /** The settings to start a run with: the rest follows from the data and the defaults. */
  get request(): Record<string, Json> {
    return { ...this.#suggested, ...this.given };
  }

  /** Moves to another method or other data; the person's settings of each method are kept. */
  aim(method: string | null, data: InputIds, suggested: Values = {}): void {
    this.#suggested = suggested;
    if (method !== this.#method) {
      this.#method = method;
      this.given = method === null ? {} : readStored(`draft.${method}`, {}, isValues);
      this.resolved = {};
      this.errors = {};
    }
    this.#data = data;
    void this.resolve();
  }

  set(key: string, value: Json): void {
    this.#edit(key, { ...this.given, [key]: value });
  }

  /** Back to the suggestion or the default. */
  reset(key: string): void {
    this.#edit(key, Object.fromEntries(Object.entries(this.given).filter(([name]) => name !== key)));
  }

  /** Takes over settings as a whole, for example those of a sample or of an earlier run. */
  replace(values: Values): void {
    this.#edit('all', values);
  }

  /** What the person set for a method, whichever the form shows. */
  givenOf(method: string): Values {
    return method === this.#method ? this.given : readStored(`draft.${method}`, {}, isValues);
  }

  /** Sets something for a method that another view chose; Undo is that view's. */
  giveTo(method: string, values: Values): void {
    const next = { ...this.givenOf(method), ...values };
    writeStored(`draft.${method}`, next);
    if (method !== this.#method) return;
    this.given = next;
    void this.resolve();
  }

  /** Keys whose value differs from the shown run's, or were set by hand while there is none. */
  changedSince(run: RunRecord | null): ReadonlySet<string> {
    const values = this.values;
    if (!run || run.method !== this.#method) return new SvelteSet(Object.keys(this.given));
    const shown: Values = { ...run.config, seed: run.seed };
    return new SvelteSet(Object.keys(values).filter((key) => key in shown && !same(values[key], shown[key])));
  }

  async resolve(): Promise<void> {
    const method = this.#method;
    if (method === null) return;
    const question = ++this.#question;
    const given = this.request;
    try {
      const resolved = await this.#engine.api.resolveConfig(method, { ...this.#data }, given);
      if (question !== this.#question) return;
      this.resolved = resolved;
      this.errors = {};
      this.#accepted();
    } catch (thrown) {
      if (question !== this.#question) return;
      const { detail } = asEngineError(thrown);
      const key = detail.where?.key;
      // What was wrong before is mended; what is wrong now is at no setting of the person.
      this.errors = {};
      if (key === undefined || !(key in given)) return;
      if (detail.code === 'config-unknown-key' || detail.code === 'setting-is-input')
        return this.#forget(key);
      const expected = detail.expected ? `: expected ${detail.expected}` : '';
      this.errors = { [key]: `${detail.what}${expected}` };
    }
  }

  #edit(key: string, next: Values): void {
    const method = this.#method;
    const before = this.given;
    const apply = (values: Values): void => {
      if (this.#method !== method) return;
      this.given = values;
      writeStored(`draft.${method}`, values);
      if (this.#timer) clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.resolve(), quiet);
    };
    apply(next);
    this.#undo.push({
      title: key,
      merge: key === 'all' ? undefined : `draft.${method}.${key}`,
      undo: () => apply(before),
      redo: () => apply(next),
    });
  }

  /** A stored setting that this version of the method no longer has. */
  #forget(key: string): void {
    if (!(key in this.given)) return;
    this.given = Object.fromEntries(Object.entries(this.given).filter(([name]) => name !== key));
    writeStored(`draft.${this.#method}`, this.given);
    void this.resolve();
  }
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isValues(value: unknown): value is Record<string, Json> {
  return isRecord(value);
}
