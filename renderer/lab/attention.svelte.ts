/** @file Attention patterns of the shown block: all heads small, one head large, as fine as the screen shows. */
import type { ErrorDetail, LanguageAttention } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { detailOf } from '../engine/error';
import { askLanguage } from './ask';
import type { LabState } from './lab.svelte';
import { Newest } from './newest';

/** Cells a side of a small pattern and, at most, of the large one. */
const small = 96;
const large = 1024;

export class AttentionState {
  /** All heads of the block. */
  heads = $state.raw<LanguageAttention | null>(null);
  /** The chosen one. */
  one = $state.raw<LanguageAttention | null>(null);
  head = $state(0);
  error = $state.raw<ErrorDetail | null>(null);
  readonly #engine: EngineClient;
  readonly #lab: LabState;
  readonly #all: Newest<null>;
  readonly #single: Newest<null>;
  #asked = '';

  constructor(engine: EngineClient, lab: LabState) {
    this.#engine = engine;
    this.#lab = lab;
    this.#all = new Newest(() => this.#askAll());
    this.#single = new Newest(() => this.#askOne());
  }

  /** Asks for what is to be shown now, where it is not there already. */
  follow(): void {
    const { text, level, attentionLayer: layer } = this.#lab;
    const key = JSON.stringify([text, level, layer]);
    if (key !== this.#asked) {
      this.#asked = key;
      this.#all.want(null);
      this.#single.want(null);
    }
  }

  choose(head: number): void {
    this.head = Math.min(this.#lab.facts.heads - 1, Math.max(0, head));
    this.#single.want(null);
  }

  async #askAll(): Promise<void> {
    const { text, level, attentionLayer: layer, info } = this.#lab;
    try {
      this.heads = await askLanguage(this.#engine, info.id, {
        kind: 'attention',
        text,
        layer,
        level,
        cells: small,
      });
      this.error = null;
    } catch (thrown) {
      this.error = detailOf(thrown);
      this.#asked = '';
    }
  }

  async #askOne(): Promise<void> {
    const { text, level, attentionLayer: layer, info } = this.#lab;
    const heads = [this.head];
    try {
      this.one = await askLanguage(this.#engine, info.id, {
        ...{ kind: 'attention', text, layer, level, heads, cells: large },
      });
      this.error = null;
    } catch (thrown) {
      this.error = detailOf(thrown);
      this.#asked = '';
    }
  }
}
