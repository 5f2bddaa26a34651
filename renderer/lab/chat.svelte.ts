/** @file Words from a model: a prompt or messages, how they are drawn, and the tokens as they come. */
import type {
  ChatMessage,
  ErrorDetail,
  GeneratedToken,
  GenerateRequest,
  Generation,
  LanguageFacts,
  NumericLevel,
  Sampling,
} from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { detailOf } from '../engine/error';
import type { Certification } from './certification.svelte';
import { firstWords, isSmall } from './first-words';
import { startJob, type StartedJob } from './ask';

export const firstSampling: Sampling = {
  temperature: 0.7,
  topP: 0.95,
  topK: 40,
  minP: 0,
  repetitionPenalty: 1,
  seed: 0,
  maxTokens: 128,
  stop: [],
};

/** Likeliest tokens that are kept beside each one. */
const alternatives = 5;

export class Chat {
  mode = $state<'prompt' | 'messages'>('prompt');
  prompt = $state('');
  /** What was said so far, and what is being written; the answer under way is no part of it. */
  messages = $state.raw<readonly ChatMessage[]>([]);
  entry = $state('');
  system = $state('');
  level = $state<NumericLevel>('4-bit-0');
  sampling = $state<Sampling>({ ...firstSampling });
  tokens = $state.raw<readonly GeneratedToken[]>([]);
  /** What the tokens go on from. */
  asked = $state('');
  result = $state.raw<Generation | null>(null);
  error = $state.raw<ErrorDetail | null>(null);
  running = $state<'no' | 'running' | 'stopping'>('no');
  readonly #engine: EngineClient;
  readonly #model: string;
  readonly #certification: Certification;
  #job: StartedJob<GenerateRequest> | null = null;

  constructor(engine: EngineClient, model: string, facts: LanguageFacts, certification: Certification) {
    this.#engine = engine;
    this.#certification = certification;
    this.#model = model;
    const fast = facts.levels.some(({ id, available }) => id === '4-bit-4' && available);
    this.level = fast ? '4-bit-4' : facts.level;
    this.prompt = firstWords(facts).prompt;
    // A small model never saw a conversation: its template, where it has one, only joins what was said.
    if (facts.chatTemplate && !isSmall(facts)) this.mode = 'messages';
  }

  get canSend(): boolean {
    return this.running === 'no' && (this.mode === 'prompt' ? this.prompt : this.entry).trim() !== '';
  }

  get #isRunning(): boolean {
    return this.running === 'running';
  }

  /** Sends what is written; in a conversation the answer becomes a part of it. */
  async send(): Promise<void> {
    if (!this.canSend) return;
    if (this.mode === 'prompt') {
      this.asked = this.prompt;
      await this.#generate({ prompt: this.prompt });
      return;
    }
    const messages: ChatMessage[] = [...this.messages, { role: 'user', content: this.entry.trim() }];
    this.messages = messages;
    this.entry = '';
    const system = this.system.trim();
    const first: ChatMessage[] = system === '' ? [] : [{ role: 'system', content: system }];
    await this.#generate({ messages: [...first, ...messages] });
  }

  stop(): void {
    if (this.running !== 'running') return;
    this.running = 'stopping';
    this.#job?.stop();
  }

  /** Forgets the conversation and the words under it. */
  clear(): void {
    if (this.running !== 'no') return;
    [this.messages, this.tokens, this.result, this.error, this.asked] = [[], [], null, null, ''];
  }

  async #generate(input: GenerateRequest['input']): Promise<void> {
    this.running = 'running';
    [this.tokens, this.result, this.error] = [[], null, null];
    const sampling = $state.snapshot(this.sampling);
    const request: GenerateRequest = { kind: 'generate', input, sampling, level: this.level, alternatives };
    // A model's jobs go one after the other, and certifying every hook of a large one takes minutes.
    const paused = await this.#certification.pause();
    try {
      this.#job = startJob(this.#engine, this.#model, request, ({ tokens }) => {
        this.tokens = [...this.tokens, ...tokens];
      });
      // Stop may have been asked for before there was anything to stop.
      if (!this.#isRunning) this.#job.stop();
      const result = await this.#job.result;
      this.tokens = result.tokens;
      this.result = result;
      if ('messages' in input)
        this.messages = [...this.messages, { role: 'assistant', content: result.text.trim() }];
    } catch (thrown) {
      this.error = detailOf(thrown);
    } finally {
      this.#job = null;
      this.running = 'no';
      if (paused) void this.#certification.begin();
    }
  }
}
