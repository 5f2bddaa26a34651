/** @file The state of the Steering panel: the shown run's answers, the strength, the hook and unit looked at, and what is steered with. */
/* eslint-disable svelte/prefer-svelte-reactivity -- maps and sets are replaced as a whole, never changed */
import { createContext } from 'svelte';
import type {
  AnswerOf,
  ErrorDetail,
  ExactLevel,
  HookCertificate,
  HookMap,
  LanguageFacts,
  QuestionName,
  SteerArm,
  Steering,
  SteeringRecipe,
  SteerText,
} from '../../../main/rpc/contract';
import { askLanguage } from '../../lab/ask';
import { choose } from '../../lab/patterns';
import type { Questions } from '../shell/questions.svelte';
import type { PanelProps } from '../shell/panel';
import { SteeredModel } from './model.svelte';
import { usualMost } from './words';

type Question = QuestionName<'steer'>;
export type Answer<Q extends Question> = NonNullable<AnswerOf<'steer', Q>>;

/** Maps that were read from a file; they take the place of the run's until they are let go. */
export interface ImportedMaps {
  name: string;
  maps: HookMap[];
  recipe: SteeringRecipe;
}

const noFacts: LanguageFacts['hooks'] = [];

export class SteerState {
  lambda = $state(1);
  /** Whether the slider goes beyond what is usual. */
  unlocked = $state(false);
  /** Strengths of further columns. */
  others = $state.raw<readonly number[]>([]);
  imported = $state.raw<ImportedMaps | null>(null);
  /** Whether offensive texts were asked for. */
  uncovered = $state(false);
  certificates = $state.raw<ReadonlyMap<string, HookCertificate>>(new Map());
  readonly model: SteeredModel;
  readonly questions: Questions<'steer'>;
  readonly #props: () => PanelProps;
  #hook = $state<string | null>(null);
  /** The run whose main λ was taken over. */
  #adopted: string | null = null;
  #certified = '';

  constructor(questions: Questions<'steer'>, props: () => PanelProps) {
    this.questions = questions;
    this.#props = props;
    this.model = new SteeredModel(props);
  }

  get props(): PanelProps {
    return this.#props();
  }

  readonly run = $derived.by(() => this.#props().run);
  readonly settings = $derived.by(() => this.#props().settings ?? {});
  /** Whether the shown run, or the next one where none is shown, is of texts. */
  readonly ofTexts = $derived((this.run?.config.subject ?? this.settings.subject ?? 'texts') === 'texts');
  readonly overview = $derived.by(() => this.answer('overview'));
  readonly sweep = $derived.by(() => this.answer('sweep'));
  readonly strength = $derived.by(() => this.answer('strength'));
  readonly detect = $derived.by(() => this.answer('detect'));
  readonly facts = $derived.by(() => this.model.info?.language ?? null);
  readonly modelHooks = $derived(this.facts?.hooks ?? noFacts);
  readonly level: ExactLevel = $derived.by(() => {
    const wanted = this.run?.config.level ?? this.settings.level;
    if (wanted === 'fp32' || wanted === '4-bit-0') return wanted;
    return this.facts?.level ?? 'fp32';
  });
  /** What the next fit uses: the pattern of the form, or what the run decided where the form leaves it open. */
  readonly chosen = $derived.by<ReadonlySet<string>>(() => {
    const { hooks } = this.settings;
    if (typeof hooks === 'string' && hooks.trim() !== '') return choose(hooks, this.modelHooks).ids;
    const own = (this.overview?.hooks ?? []).filter(({ state }) => state !== 'left-out');
    if (own.length > 0) return new Set(own.map(({ id }) => id));
    const norms = this.modelHooks.filter(({ role }) => role === 'norm_attn_in' || role === 'norm_mlp_in');
    return new Set(norms.map(({ id }) => id));
  });
  readonly offensive = $derived(this.overview?.offensive ?? false);
  readonly most = $derived(this.unlocked ? 2 * usualMost : usualMost);
  /** Maps with which the columns run: those of a file, else those fitted so far. */
  readonly maps = $derived.by<{ maps: readonly HookMap[]; first: boolean; key: string } | null>(() => {
    if (this.imported) {
      const { maps, recipe, name } = this.imported;
      return { maps, first: recipe.first, key: `file ${name}` };
    }
    const answer = this.answer('maps');
    if (!answer || answer.maps.length === 0) return null;
    return { maps: answer.maps, first: answer.first, key: `${this.run?.id} ${answer.maps.length}` };
  });
  /** Whether the maps scale, so that no vector can stand for them. */
  readonly scales = $derived(
    (this.maps?.maps ?? []).some(({ w, units }) => w.some((value, unit) => units[unit] === 1 && value !== 1)),
  );

  /** The hook that unit and layer views look at: the one chosen, else the fitted one that is the most reduced. */
  get hook(): string | null {
    const fitted = (this.overview?.hooks ?? []).filter(({ state }) => state === 'fitted');
    if (this.#hook !== null && fitted.some(({ id }) => id === this.#hook)) return this.#hook;
    const best = fitted.reduce<(typeof fitted)[number] | null>(
      (most, one) => (!most || one.before - one.after > most.before - most.after ? one : most),
      null,
    );
    return best?.id ?? null;
  }
  set hook(id: string | null) {
    this.#hook = id;
  }

  /** The cell that arrow keys are at, fitted or not. */
  get cell(): string | null {
    return this.#hook ?? this.hook;
  }

  /** All maps at a strength; null for none, which is the model as it is. */
  steering(lambda: number): Steering | null {
    const { maps } = this;
    if (!maps || lambda === 0) return null;
    return { maps: maps.maps, lambda, first: maps.first };
  }

  /** Moves the strength, kept inside the slider. */
  setLambda(lambda: number): void {
    if (!Number.isFinite(lambda)) return;
    this.lambda = Math.min(this.most, Math.max(0, Math.round(100 * lambda) / 100));
  }

  addColumn(): void {
    const step = this.strength && this.lambda !== this.strength.safe ? this.strength.safe : this.lambda / 2;
    if (this.others.length < 2) this.others = [...this.others, Math.round(100 * step) / 100];
  }

  /** Takes the hooks into the next fit, or out of it where all are in it. */
  toggle(ids: readonly string[], on: boolean, pattern: (ids: ReadonlySet<string>) => string): void {
    const next = new Set(this.chosen);
    for (const id of ids)
      if (on) next.add(id);
      else next.delete(id);
    this.props.onset?.({ hooks: pattern(next) });
  }

  /** Asks for everything that has changed since it was asked last. */
  update(): void {
    const { run, overview } = this;
    void this.model.follow();
    if (!run) return;
    const { stage, step } = run.progress;
    const moving = `${run.status} ${stage} ${step}`;
    this.questions.ask(run.id, 'overview', {}, '', moving);
    if (!overview) return;
    this.questions.ask(run.id, 'maps', {}, '', String(overview.fitted));
    const found = `${run.status} ${overview.swept} ${stage}`;
    this.questions.ask(run.id, 'sweep', {}, '', found);
    if (overview.stages.strength) this.questions.ask(run.id, 'strength', {}, '', `${run.status} ${stage}`);
    if (overview.stages.detect) this.questions.ask(run.id, 'detect', {}, '', `${run.status} ${stage}`);
    if (this.#adopted === run.id) return;
    this.#adopted = run.id;
    const main = run.config.mainLambda;
    if (typeof main === 'number' && Number.isFinite(main)) {
      this.unlocked ||= main > usualMost;
      this.setLambda(main);
    }
    [this.imported, this.others] = [null, []];
  }

  /** What certification knows of the model's hooks; none is certified for it. */
  async certify(): Promise<void> {
    const { info } = this.model;
    const key = `${info?.id} ${this.level}`;
    if (!info || key === this.#certified) return;
    this.#certified = key;
    try {
      const known = await askLanguage(this.props.engine, info.id, {
        kind: 'certificates',
        level: this.level,
      });
      this.certificates = new Map(known.map((one) => [one.hook, one]));
    } catch {
      // The run itself says what it left out, and why.
      this.#certified = '';
    }
  }

  /** Reads a file of maps and holds it against the model. @throws what the engine refuses */
  async importMaps(file: File): Promise<void> {
    const { info } = this.model;
    if (!info) throw new Error('no model is chosen');
    const bytes = new Uint8Array(await file.arrayBuffer());
    const read = await askLanguage(this.props.engine, info.id, {
      kind: 'steering-file',
      name: file.name,
      bytes,
    });
    this.imported = { name: file.name, ...read };
  }

  /** Asks about the shown run; nothing before it has answered what it is. */
  ask<Q extends Question>(
    query: Q,
    args: Parameters<Questions<'steer'>['ask']>[2],
    part = '',
    version = '',
  ): void {
    if (this.run && this.overview) this.questions.ask(this.run.id, query, args as never, part, version);
  }

  answer<Q extends Question>(query: Q, part = ''): AnswerOf<'steer', Q> | null {
    return this.questions.answer(this.run?.id, query, part);
  }

  /** Why a question has no answer; a run that has not come so far is no failure. */
  failure(query: Question, part = ''): ErrorDetail | null {
    const found = this.questions.failure(this.run?.id, query, part);
    return found?.code === 'steer-unfinished' ? null : found;
  }

  /** The texts of a point of the sweep as far as they were asked for. */
  texts(arm: SteerArm, lambda: number): SteerText[] | null {
    return this.answer('texts', textsPart(arm, lambda))?.texts ?? null;
  }
}

export function textsPart(arm: SteerArm, lambda: number): string {
  return `${arm} ${lambda}`;
}

/** The panel's state, for all that is drawn in it. */
export const [getSteer, setSteer] = createContext<SteerState>();
