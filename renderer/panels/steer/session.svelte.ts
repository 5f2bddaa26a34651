/** @file What is continued side by side: prompt, seeds and sampling, as a person set them or as the run has them; and how tokens are coloured. */
import { createContext } from 'svelte';
import type { Json } from '../../../main/rpc/contract';
import { firstWords } from '../../lab/first-words';
import { Generation, type Wanted } from './generate/generation.svelte';
import { ConceptScores } from './generate/scores.svelte';
import type { SteerState } from './steer.svelte';

export type Colouring = 'tokens' | 'shift' | 'score';

const firstSeeds = [7, 8, 9];

export class Session {
  typedPrompt = $state<string | null>(null);
  seeds = $state.raw<readonly number[]>(firstSeeds);
  colouring = $state<Colouring>('tokens');
  readonly generation: Generation;
  readonly scores: ConceptScores;
  readonly #steer: SteerState;

  constructor(steer: SteerState) {
    this.#steer = steer;
    const { engine } = steer.props;
    this.generation = new Generation(engine);
    this.scores = new ConceptScores(engine, steer);
  }

  /** As typed, else the first prompt of the run, of the settings, or words that the model knows. */
  readonly prompt = $derived.by(() => {
    if (this.typedPrompt !== null) return this.typedPrompt;
    const { overview, settings, facts } = this.#steer;
    const [first] = overview?.prompts ?? listOf(settings.prompt);
    return first ?? (facts ? firstWords(facts).prompt : '');
  });

  /** That of the sweep, so that texts here and there are alike. */
  readonly sampling = $derived.by<Wanted['sampling']>(() => {
    const { overview, settings } = this.#steer;
    if (overview?.sampling) return overview.sampling;
    const number = (key: string, usual: number): number => {
      const value = settings[key];
      return typeof value === 'number' && Number.isFinite(value) ? value : usual;
    };
    return {
      temperature: number('temperature', 1),
      topP: number('topP', 0.3),
      repetitionPenalty: number('repetitionPenalty', 1.2),
      maxTokens: number('maxTokens', 40),
    };
  });

  /** Strengths of the steered columns. */
  readonly lambdas = $derived.by(() => [this.#steer.lambda, ...this.#steer.others]);

  /** What the columns are to be; null where there is no model to ask. */
  readonly wanted = $derived.by<Wanted | null>(() => {
    const { model, level, maps } = this.#steer;
    if (!model.info?.language || model.info.language.kind !== 'decoder') return null;
    const steered = maps
      ? this.lambdas.map((lambda) => ({ maps: maps.maps, lambda, first: maps.first }))
      : [];
    const { prompt, seeds, sampling } = this;
    return {
      ...{ model: model.info.id, prompt, seeds, sampling, level },
      columns: [null, ...steered],
      maps: maps?.key ?? '',
    };
  });
}

function listOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

export const [getSession, setSession] = createContext<Session>();
