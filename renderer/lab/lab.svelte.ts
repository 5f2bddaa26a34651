/** @file One language model being looked at: its text, what is measured, where the pointer is, and what the engine answered. */
import type {
  Direction,
  ErrorDetail,
  ExactLevel,
  HookFacts,
  LanguageFacts,
  LanguageLens,
  LanguageLook,
  Measure,
  ModelInfo,
  NumericLevel,
} from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { detailOf } from '../engine/error';
import { askLanguage } from './ask';
import { Certification } from './certification.svelte';
import { Chat } from './chat.svelte';
import { firstWords } from './first-words';
import type { LensSide } from './lens-draw';
import { Newest } from './newest';
import { choose, withToggled } from './patterns';
import type { LabWish } from './wish';

/** A cell of the layer × token map: its row (0 is the embedding, or the first block) and its token. */
export interface Cell {
  row: number;
  token: number;
}

/** Rows and tokens from the first to the last of a selection. */
export interface Box {
  rows: readonly [number, number];
  tokens: readonly [number, number];
}

export type LabTab = 'map' | 'graph' | 'tensors' | 'attention' | 'generate';
export type MeasureKind = Measure['kind'];
export type Pooling = 'mean' | 'max' | 'last' | 'none';
export type Positions = 'all' | 'last' | 'pick';

/** Milliseconds of quiet after typing. */
const quiet = 150;
/** Milliseconds after an answer before the perplexity at fp32 is asked for. */
const idle = 600;

export class LabState {
  readonly info: ModelInfo;
  readonly facts: LanguageFacts;
  readonly certification: Certification;
  readonly chat: Chat;
  tab = $state<LabTab>('map');
  text = $state('');
  level = $state<ExactLevel>('fp32');
  kind = $state<MeasureKind>('norm');
  /** The direction that cosines are taken to. */
  direction = $state.raw<Direction>({ kind: 'token', text: '', name: '' });
  otherText = $state('');
  /** The other model, by its id. */
  otherModel = $state<string | null>(null);
  role = $state('resid_post');
  lensSide = $state<LensSide>('tokens');
  look = $state.raw<LanguageLook | null>(null);
  /** What the look measures; what is asked for meanwhile may be refused. */
  measured = $state.raw<Measure>({ kind: 'norm' });
  /** A look is under way for longer than a moment. */
  looking = $state(false);
  lookError = $state.raw<ErrorDetail | null>(null);
  lens = $state.raw<LanguageLens | null>(null);
  lensError = $state.raw<ErrorDetail | null>(null);
  /** exp of the mean surprise at fp32; null until it is known, or where the text is looked at in fp32. */
  exactPerplexity = $state<number | null>(null);
  hovered = $state.raw<Cell | null>(null);
  /** At most two; a second one gives differences. */
  pins = $state.raw<readonly Cell[]>([]);
  box = $state.raw<Box | null>(null);
  pattern = $state('resid_post:*');
  /** The hook that was chosen last, in whichever figure. */
  hook = $state<string | null>(null);
  /** The hook under the pointer in a figure that has hooks and no tokens. */
  pointed = $state<string | null>(null);
  /** The run whose rows stand under the map; null for the newest capture of this model, `none` for none. */
  linkedRun = $state<string | null>(null);
  /** The block whose patterns are shown. */
  attentionLayer = $state(0);
  positions = $state<Positions>('all');
  pooling = $state<Pooling>('mean');
  /** Milliseconds from opening the file to the first look. */
  firstAnswer = $state<number | null>(null);
  readonly #engine: EngineClient;
  readonly #looks: Newest<null>;
  readonly #lenses: Newest<number>;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #idle: ReturnType<typeof setTimeout> | null = null;
  /** What the look is of: a lens belongs to it, whatever was typed meanwhile. */
  #looked: { text: string; level: ExactLevel } | null = null;
  /** The cell that is pinned once the text is read. */
  #wished: Pick<LabWish, 'layer' | 'token'> | null = null;
  #began = false;
  #certifies = false;

  constructor(engine: EngineClient, info: ModelInfo, facts: LanguageFacts) {
    this.#engine = engine;
    this.info = info;
    this.facts = facts;
    this.level = facts.level;
    const words = firstWords(facts);
    [this.text, this.otherText, this.direction] = [words.text, words.otherText, words.direction];
    this.certification = new Certification(engine, info.id, facts.level);
    this.chat = new Chat(engine, info.id, facts, this.certification);
    this.#looks = new Newest(() => this.#askLook());
    this.#lenses = new Newest((position) => this.#askLens(position));
  }

  /** Whether there is a text to look at: image models have patches, and some files no tokenizer. */
  get reads(): boolean {
    return this.facts.kind !== 'image' && this.facts.tokenizer.missing === null;
  }

  /** The cell that the card, the lens and the tree tell of. */
  get focus(): Cell | null {
    return this.hovered ?? this.pins.at(-1) ?? null;
  }

  /** The hook that every figure marks: the one under the pointer, else the chosen one, else that of the pinned cell. */
  get lit(): string | null {
    const of = (cell: Cell | null | undefined): string | null =>
      cell ? (this.look?.rows[cell.row]?.hook ?? null) : null;
    return this.pointed ?? of(this.hovered) ?? this.hook ?? of(this.pins.at(-1));
  }

  /** The token whose lens is shown: the one in focus, else the last. */
  get position(): number {
    const tokens = this.look?.tokens.length ?? 0;
    return Math.min(this.focus?.token ?? tokens - 1, tokens - 1);
  }

  get chosen(): ReturnType<typeof choose> {
    return choose(this.pattern, this.facts.hooks);
  }

  get perplexity(): number | null {
    const known = Array.from(this.look?.logProbabilities ?? []).filter((one) => Number.isFinite(one));
    return known.length === 0 ? null : Math.exp(-known.reduce((sum, one) => sum + one, 0) / known.length);
  }

  /** Adds hooks to the chosen ones; where all of them are among them, leaves them out. */
  toggle(ids: readonly string[]): void {
    this.pattern = withToggled(this.pattern, ids, this.facts.hooks);
  }

  /** Shows one number of a hook's vectors as a direction: what it takes of the state at every layer and token. */
  showUnit(source: string, unit: number, units: number): void {
    const hook = this.facts.hooks.find(({ id }) => id === source);
    if (!hook || hook.layer === null) return;
    const values = new Float32Array(units);
    values[unit] = 1;
    this.direction = { kind: 'vector', values, name: `unit ${unit}` };
    [this.kind, this.role, this.hook] = ['cosine', hook.role, source];
    this.run();
  }

  /** Shows what another view asks for. */
  grant({ text, layer, token, direction }: LabWish): void {
    this.text = text ?? this.text;
    if (direction) {
      const { name, values, hook } = direction;
      this.direction = { kind: 'vector', values, name };
      [this.kind, this.role, this.hook] = ['cosine', hook.split(':')[0]!, hook];
    }
    [this.tab, this.#wished] = ['map', { layer, token }];
    this.run();
  }

  /** A level as it is asked for here: chat may use fast arithmetic, nothing else may. */
  levelFor(tab: LabTab): NumericLevel {
    return tab === 'generate' ? this.chat.level : this.level;
  }

  setLevel(level: NumericLevel): void {
    if (this.tab === 'generate') this.chat.level = level;
    else if (level !== '4-bit-4') {
      this.level = level;
      this.run();
      // Before the first look it has not begun, and begins at this level.
      void this.certification.at(level, this.#certifies);
    }
  }

  /** The first look and the certification, once. */
  begin(): void {
    if (this.#began) return;
    this.#began = true;
    if (this.reads) this.#looks.want(null);
    else void this.certification.begin();
  }

  /** What was typed is run after a moment of quiet. */
  type(text: string): void {
    this.text = text;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.run(), quiet);
  }

  run(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#idle) clearTimeout(this.#idle);
    this.exactPerplexity = null;
    this.#looks.want(null);
  }

  hover(cell: Cell | null): void {
    const same = cell?.row === this.hovered?.row && cell?.token === this.hovered?.token;
    if (same) return;
    this.hovered = cell;
    this.#followLens();
  }

  /** A token under the pointer in a figure of one block: the cell of the map that it is. */
  hoverToken(layer: number, token: number | null): void {
    const row = this.look?.rows.findIndex((one) => one.layer === layer) ?? -1;
    this.hover(row < 0 || token === null || token >= this.look!.tokens.length ? null : { row, token });
  }

  /** Pins a cell; a pinned one is let go again, and of three the oldest is. */
  pin(cell: Cell): void {
    const others = this.pins.filter(({ row, token }) => row !== cell.row || token !== cell.token);
    const held = others.length < this.pins.length;
    this.pins = held ? others : [...this.pins.slice(-1), cell];
    const row = held ? undefined : this.look?.rows[cell.row];
    this.hook = row?.hook ?? null;
    this.attentionLayer = row?.layer ?? this.attentionLayer;
    this.#followLens();
  }

  select(box: Box | null): void {
    this.box = box;
  }

  /** Lets go of everything; false where nothing was held. */
  release(): boolean {
    const held = [this.hovered, this.pins[0] ?? null, this.box, this.hook].some((one) => one !== null);
    [this.hovered, this.pins, this.box, this.hook] = [null, [], null, null];
    this.#followLens();
    return held;
  }

  /** Shows a hook where its values are: in the graph where that is open, patterns under Attention, all else as rows of the map. */
  show({ role, layer }: Pick<HookFacts, 'role' | 'layer'>): void {
    this.hook = layer === null ? role : `${role}:${layer}`;
    if (this.tab === 'graph') return;
    if (this.facts.kind === 'image') {
      this.tab = 'map';
      return;
    }
    if (role === 'pattern') {
      this.tab = 'attention';
      this.attentionLayer = layer ?? 0;
      return;
    }
    this.tab = 'map';
    if (layer !== null && role !== this.role) {
      this.role = role;
      this.run();
    }
    const row = this.look?.rows.findIndex((one) => one.layer === layer) ?? -1;
    if (row >= 0) this.pins = [{ row, token: Math.max(0, this.position) }];
  }

  get measure(): Measure {
    switch (this.kind) {
      case 'norm':
        return { kind: 'norm' };
      case 'cosine':
        return { kind: 'cosine', direction: this.direction };
      case 'text':
        return { kind: 'text', other: this.otherText };
      case 'level':
        return { kind: 'level', other: this.level === 'fp32' ? '4-bit-0' : 'fp32' };
      case 'model':
        return { kind: 'model', other: this.otherModel ?? '' };
    }
  }

  async #askLook(): Promise<void> {
    const { text, level, role, measure } = this;
    if (measure.kind === 'model' && measure.other === '') return;
    const began = performance.now();
    const waits = setTimeout(() => (this.looking = true), idle / 2);
    try {
      const look = await askLanguage(this.#engine, this.info.id, {
        kind: 'look',
        text,
        level,
        measure,
        role,
      });
      this.firstAnswer ??= (this.facts.openMilliseconds ?? 0) + performance.now() - began;
      [this.look, this.measured] = [look, measure];
      this.#looked = { text, level };
      this.lookError = null;
      const inside = ({ row, token }: Cell): boolean => row < look.rows.length && token < look.tokens.length;
      this.pins = this.pins.filter(inside);
      if (this.hovered && !inside(this.hovered)) this.hovered = null;
      this.box = null;
      this.lens = null;
      this.#pinWished(look);
      this.#followLens();
      this.#idle = setTimeout(() => void this.#askExact(text), idle);
    } catch (thrown) {
      this.lookError = detailOf(thrown);
      // What stood there is of a text that nobody sees any more.
      if (this.lookError.code === 'text-empty') this.#clear();
    } finally {
      clearTimeout(waits);
      this.looking = false;
    }
    // After the first look, which it would hold up.
    if (!this.#certifies) {
      this.#certifies = true;
      void this.certification.begin();
    }
  }

  #pinWished({ rows, tokens }: LanguageLook): void {
    const [wished, { text }] = [this.#wished, this];
    if (!wished || wished.token === null || text !== this.#looked?.text) return;
    this.#wished = null;
    const row = rows.findIndex(({ layer }) => layer === wished.layer);
    // Tokens that a tokenizer adds stand for no word of the text.
    const own = tokens.flatMap(({ special }, token) => (special ? [] : [token]));
    const token = wished.token === 'first' ? own[0] : own.at(-1 - wished.token);
    if (row < 0 || token === undefined) return;
    [this.pins, this.hook] = [[{ row, token }], rows[row]!.hook];
  }

  #clear(): void {
    [this.look, this.#looked, this.lens] = [null, null, null];
    [this.hovered, this.pins, this.box] = [null, [], null];
  }

  #followLens(): void {
    if (this.facts.kind === 'decoder' && this.position >= 0) this.#lenses.want(this.position);
  }

  async #askLens(position: number): Promise<void> {
    const looked = this.#looked;
    if (!looked || this.lens?.position === position || position >= this.look!.tokens.length) return;
    try {
      const lens = await askLanguage(this.#engine, this.info.id, {
        ...{ kind: 'lens', ...looked, position, top: 5 },
      });
      if (looked !== this.#looked) return;
      this.lens = lens;
      this.lensError = null;
    } catch (thrown) {
      this.lensError = detailOf(thrown);
    }
  }

  async #askExact(text: string): Promise<void> {
    if (this.level === 'fp32' || text !== this.text || this.facts.kind !== 'decoder') return;
    try {
      const score = await askLanguage(this.#engine, this.info.id, { kind: 'score', text, level: 'fp32' });
      if (text === this.text) this.exactPerplexity = score.perplexity;
    } catch {
      // The number it would stand beside is there; its comparison is left out.
    }
  }
}
