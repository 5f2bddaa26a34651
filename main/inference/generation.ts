/** @file Continues texts token by token, several at once, until their end, a stop string, the most tokens, or a request to stop. */
import { MOST_CANDIDATES } from '../../native-models';
import { MongeError } from '../../native-models/error';
import type { Cache, Decoding } from './decoding';
import { checkSampling, drawAt, notFinite, sampleFrom, type SamplingSettings } from './sampling';
import { StopWatcher } from './stop-strings';
import type { StreamDecoder, Tokenizer } from './tokenizer/tokenizer';

/** Texts that are continued together. */
const MOST_TEXTS = 8;
/** Tokens of one run where they are drawn inside the graph: about a tenth of a second. */
const MOST_STEPS = 16;

export interface GenerationRequest {
  /** A text, read with the names of special tokens in it as tokens, or ids. */
  prompt: string | readonly number[];
  /** The settings' seed unless told, so that several continuations of one text can differ. */
  seed?: number;
}

export interface GenerationSettings extends SamplingSettings {
  /** At most so many new tokens. */
  maxTokens: number;
  /** The text ends before the first of these. */
  stop: readonly string[];
  /** Whether the tokenizer puts its beginning before the prompts; default true. Chat templates have it inside. */
  special?: boolean;
  /** Whether tokens that end a text end the generation; default true. */
  stopAtEnd?: boolean;
}

export interface GeneratedToken {
  /** Index of the request. */
  request: number;
  id: number;
  /** Text that is settled by this token: none while a character or a stop string may still go on. */
  text: string;
  logProbability: number;
}

export interface Generation {
  /** The prompt as text: that of its ids where ids were given. */
  prompt: string;
  promptIds: number[];
  ids: number[];
  text: string;
  /** ln p of each token under the model itself, before penalty and temperature. */
  logProbabilities: number[];
  /** Why the text ended: `context` where the model's context is full. */
  stopped: 'end' | 'stop-string' | 'length' | 'context' | 'requested';
}

export interface GenerationPlace {
  decoding: Decoding;
  tokenizer: Tokenizer;
  /** Tokens that the model was made for. */
  context: number;
  /** Tokens that end a text. */
  endIds: ReadonlySet<number>;
}

/**
 * The same seed and settings give the same text, alone or beside others. `stopRequested` is asked between runs, which are
 * of one or of up to 16 tokens.
 * @throws `sampling-setting`, `prompt-empty`, `context-exceeded`, `token-unknown`, `logits-not-finite`, and the codes of
 *   the tokenizer
 */
export async function generate(
  place: GenerationPlace,
  requests: readonly GenerationRequest[],
  settings: GenerationSettings,
  onToken: (token: GeneratedToken) => void = () => undefined,
  stopRequested: () => boolean = () => false,
): Promise<Generation[]> {
  checkSettings(settings);
  const rows = requests.map((request, index) => new Row(place, request, index, settings, onToken));
  for (let from = 0; from < rows.length; from += MOST_TEXTS)
    await continueTexts(place, rows.slice(from, from + MOST_TEXTS), settings, stopRequested);
  return rows.map((row) => row.result());
}

async function continueTexts(
  { decoding, context }: GenerationPlace,
  rows: readonly Row[],
  settings: GenerationSettings,
  stopRequested: () => boolean,
): Promise<void> {
  const { loop } = decoding;
  const inside = loop !== null && drawsInside(settings);
  let cache: Cache | null = null;
  let ids: (readonly number[])[] = rows.map(({ promptIds }) => promptIds);
  const longest = Math.max(...ids.map(({ length }) => length));
  for (let place = 0; rows.some(({ active }) => active);) {
    const room = Math.min(settings.maxTokens - place, context - longest - place);
    if (room <= 0 || stopRequested()) {
      const reason = room > 0 ? 'requested' : settings.maxTokens <= place ? 'length' : 'context';
      for (const row of rows) row.end(reason);
      break;
    }
    // A first token soon, then more in a run.
    const steps = inside && place > 0 ? Math.min(room, MOST_STEPS, 4 * place) : 1;
    const tokens: number[][] = [];
    if (inside) {
      const draws = Float32Array.from({ length: steps * rows.length }, (_, k) =>
        rows[k % rows.length]!.draw(place + Math.floor(k / rows.length)),
      );
      const seen = seenOf(rows, decoding.vocabulary, settings.repetitionPenalty !== 1);
      const made = await loop({ ...settings, ids, cache, steps, draws, seen });
      cache = made.cache;
      for (let step = 0; step < steps; step++) {
        const at = step * rows.length;
        tokens.push(made.tokens.slice(at, at + rows.length));
        rows.forEach((row, r) => row.accept(made.tokens[at + r]!, made.logProbabilities[at + r]!));
      }
    } else {
      const made = await decoding.step({ ids, cache, logits: 'last' });
      cache = made.cache;
      const width = decoding.vocabulary;
      tokens.push(
        rows.map((row, r) => {
          const logits = made.logits.subarray(r * width, (r + 1) * width);
          const { id, logProbability } = sampleFrom(logits, settings, row.draw(place), row.seen);
          row.accept(id, logProbability);
          return id;
        }),
      );
    }
    place += steps;
    ids = tokens.at(-1)!.map((id) => [id]);
  }
  if (cache) decoding.forget?.(cache);
}

/** Whether the sampler inside the graph, which looks at the 64 likeliest, draws from the whole of what is asked for. */
function drawsInside({ temperature, topK }: SamplingSettings): boolean {
  return temperature === 0 || (topK > 0 && topK <= MOST_CANDIDATES);
}

function seenOf(rows: readonly Row[], vocabulary: number, needed: boolean): Uint8Array {
  const seen = new Uint8Array(rows.length * vocabulary);
  if (needed) rows.forEach((row, r) => row.seen.forEach((id) => (seen[r * vocabulary + id] = 1)));
  return seen;
}

/** One text on its way. */
class Row {
  readonly promptIds: number[];
  readonly seen: Set<number>;
  #stopped: Generation['stopped'] | null = null;
  #text = '';
  readonly #ids: number[] = [];
  readonly #logProbabilities: number[] = [];
  readonly #decoder: StreamDecoder;
  readonly #watcher: StopWatcher;
  readonly #prompt: string;

  constructor(
    private readonly place: GenerationPlace,
    private readonly request: GenerationRequest,
    private readonly index: number,
    private readonly settings: GenerationSettings,
    private readonly onToken: (token: GeneratedToken) => void,
  ) {
    const { tokenizer, context, decoding } = place;
    const { prompt } = request;
    this.promptIds =
      typeof prompt === 'string' ? tokenizer.ids(prompt, { special: settings.special ?? true }) : [...prompt];
    this.#prompt = typeof prompt === 'string' ? prompt : tokenizer.decode(this.promptIds);
    checkPrompt(this.promptIds, context, decoding.vocabulary, index);
    this.seen = new Set(this.promptIds);
    this.#decoder = tokenizer.decoder({ skipSpecial: true });
    this.#watcher = new StopWatcher(settings.stop);
  }

  get active(): boolean {
    return this.#stopped === null;
  }

  draw(place: number): number {
    return drawAt(this.request.seed ?? this.settings.seed, place);
  }

  /** Takes a token; without effect where the text has ended. */
  accept(id: number, logProbability: number): void {
    if (!this.active) return;
    if (!Number.isFinite(logProbability)) throw notFinite();
    this.#ids.push(id);
    this.#logProbabilities.push(logProbability);
    this.seen.add(id);
    const { text, stopped } = this.#watcher.push(this.#decoder.push(id));
    this.#text += text;
    const ended = (this.settings.stopAtEnd ?? true) && this.place.endIds.has(id);
    if (stopped) this.#stopped = 'stop-string';
    const rest = !stopped && ended ? this.#rest('end') : '';
    this.onToken({ request: this.index, id, text: text + rest, logProbability });
  }

  /** Ends the text where it has not ended itself. */
  end(reason: Generation['stopped']): void {
    if (!this.active) return;
    const rest = this.#rest(reason);
    if (rest === '') return;
    const last = this.#ids.length - 1;
    const [id, logProbability] = [this.#ids[last]!, this.#logProbabilities[last]!];
    this.onToken({ request: this.index, id, text: rest, logProbability });
  }

  result(): Generation {
    return {
      prompt: this.#prompt,
      promptIds: this.promptIds,
      ids: this.#ids,
      text: this.#text,
      logProbabilities: this.#logProbabilities,
      stopped: this.#stopped ?? 'length',
    };
  }

  /** What was held back, which may end in a stop string after all. */
  #rest(reason: Generation['stopped']): string {
    const { text, stopped } = this.#watcher.push(this.#decoder.end());
    const rest = stopped ? text : text + this.#watcher.end();
    this.#text += rest;
    this.#stopped = stopped ? 'stop-string' : reason;
    return rest;
  }
}

function checkPrompt(ids: readonly number[], context: number, vocabulary: number, index: number): void {
  const where = { key: `request ${index}` };
  if (ids.length === 0)
    throw new MongeError({
      code: 'prompt-empty',
      blame: 'input',
      what: 'there is nothing to continue',
      where,
      got: 'no tokens',
      expected: 'at least one token',
    });
  if (ids.length >= context)
    throw new MongeError({
      code: 'context-exceeded',
      blame: 'input',
      what: 'the prompt is longer than the model can look back',
      where,
      got: `${ids.length} tokens`,
      expected: `at most ${context - 1} tokens`,
      help: 'shorten the prompt',
    });
  const unknown = ids.find((id) => !Number.isSafeInteger(id) || id < 0 || id >= vocabulary);
  if (unknown !== undefined)
    throw new MongeError({
      code: 'token-unknown',
      blame: 'input',
      what: 'the model has no such token',
      where,
      got: String(unknown),
      expected: `an id below ${vocabulary}`,
    });
}

function checkSettings(settings: GenerationSettings): void {
  checkSampling(settings);
  if (Number.isSafeInteger(settings.maxTokens) && settings.maxTokens >= 1) return;
  throw new MongeError({
    code: 'sampling-setting',
    blame: 'input',
    what: 'a setting of sampling is out of its range',
    where: { key: 'maxTokens' },
    got: String(settings.maxTokens),
    expected: 'a whole number from 1',
  });
}
