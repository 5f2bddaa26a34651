/** @file How much of the concept is in the state at every token: cosine to the mean of target texts less that of source texts. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the map is replaced as a whole, never changed */
import type { Direction, RunRecord } from '../../../../main/rpc/contract';
import type { EngineClient } from '../../../engine/client';
import { askLanguage } from '../../../lab/ask';
import { Newest } from '../../../lab/newest';
import type { SteerState } from '../steer.svelte';

/** Texts of each side that the direction is made of: more cost time and hardly turn it. */
const mostTexts = 12;
const mostRead = 400;

export class ConceptScores {
  /** Per text, cosines by token with where they begin in the text. */
  #found = $state.raw<ReadonlyMap<string, { start: number; end: number; score: number }[]>>(new Map());
  problem = $state('');
  readonly #engine: EngineClient;
  readonly #steer: SteerState;
  readonly #asks: Newest<{ texts: readonly string[]; hook: string }>;
  #direction: { key: string; made: Promise<Direction | null> } | null = null;

  constructor(engine: EngineClient, steer: SteerState) {
    this.#engine = engine;
    this.#steer = steer;
    this.#asks = new Newest((wanted) => this.#ask(wanted.texts, wanted.hook));
  }

  /** Asks for what is not known of these texts at the hook. */
  want(texts: readonly string[], hook: string): void {
    const missing = texts.filter((text) => !this.#found.has(`${hook} ${text}`));
    if (missing.length > 0) this.#asks.want({ texts: missing, hook });
  }

  /** Cosine of the token that holds a place of a text; null until it is known. */
  at(text: string, hook: string, offset: number): number | null {
    const tokens = this.#found.get(`${hook} ${text}`);
    return tokens?.find(({ start, end }) => start <= offset && offset < end)?.score ?? null;
  }

  async #ask(texts: readonly string[], hook: string): Promise<void> {
    const { run, model, level } = this.#steer;
    if (!run || !model.info) return;
    try {
      const direction = await this.#directionOf(run);
      if (!direction) {
        this.problem = 'The texts of both sides are needed for a concept score.';
        return;
      }
      for (const text of texts) {
        const [role = '', layer] = hook.split(':');
        const look = await askLanguage(this.#engine, model.info.id, {
          ...{ kind: 'look', text, level, role, measure: { kind: 'cosine', direction } },
        });
        const row = look.rows.findIndex((one) => one.hook === hook || String(one.layer) === layer);
        const width = look.tokens.length;
        const scored = look.tokens.map(({ start, end }, token) => ({
          ...{ start, end, score: look.values[Math.max(0, row) * width + token]! },
        }));
        this.#found = new Map([...this.#found, [`${hook} ${text}`, scored]]);
      }
      this.problem = '';
    } catch (thrown) {
      this.problem = thrown instanceof Error ? thrown.message : String(thrown);
    }
  }

  #directionOf(run: RunRecord): Promise<Direction | null> {
    if (this.#direction?.key !== run.id) this.#direction = { key: run.id, made: this.#make(run) };
    return this.#direction.made;
  }

  async #make(run: RunRecord): Promise<Direction | null> {
    const [rest, of] = await Promise.all([
      this.#texts(run, 'source', 'from'),
      this.#texts(run, 'target', 'to'),
    ]);
    return of.length > 0 && rest.length > 0 ? { kind: 'texts', of, rest, name: 'target less source' } : null;
  }

  /** The first texts of a side, as the run read them: those with its label where it names one. */
  async #texts(run: RunRecord, input: string, setting: string): Promise<string[]> {
    const { api } = this.#engine;
    const reference =
      run.inputs.find((one) => one.input === input) ?? run.inputs.find((one) => one.input === 'source');
    if (!reference) return [];
    const id = reference.sha256.slice(0, 16);
    const { columns } = await api.dataset(id);
    const { rows } = await api.previewRows(id, 0, mostRead);
    const text = columns.findIndex(({ role, kind }) => role === 'text' || kind === 'text');
    const wanted = run.config[setting];
    const label = columns.findIndex(
      ({ categories = [] }) => typeof wanted === 'string' && categories.includes(wanted),
    );
    return rows
      .filter((row) => label < 0 || wanted === '' || row[label] === wanted)
      .flatMap((row) =>
        typeof row[Math.max(0, text)] === 'string' ? [row[Math.max(0, text)] as string] : [],
      )
      .filter((one) => one.trim() !== '')
      .slice(0, mostTexts);
  }
}
