/** @file The same prompt continued at several strengths from the same random numbers: a row per seed, a column per strength. */
/* eslint-disable svelte/prefer-svelte-reactivity -- what is kept is looked up, never drawn */
import type {
  ErrorDetail,
  ExactLevel,
  GeneratedToken,
  GenerateRequest,
  Generation as Written,
  Sampling,
  Steering,
} from '../../../../main/rpc/contract';
import type { EngineClient } from '../../../engine/client';
import { detailOf } from '../../../engine/error';
import { askLanguage, startJob, type StartedJob } from '../../../lab/ask';
import { shiftOf, type Shift } from './compare';

export interface Cell {
  /** What was written so far; while it is written anew, behind it what stood there before. */
  tokens: readonly GeneratedToken[];
  /** How many of them are of the text that is being written. */
  written: number;
  state: 'waiting' | 'writing' | 'done';
  /** Beside the unsteered model; of the unsteered column, what the first strength would do to it. */
  shift: Shift | null;
}

export interface Row {
  seed: number;
  /** By column, the unsteered one first. */
  cells: Cell[];
}

/** What is to be written. */
export interface Wanted {
  model: string;
  prompt: string;
  seeds: readonly number[];
  sampling: Omit<Sampling, 'seed' | 'stop' | 'topK' | 'minP'>;
  level: ExactLevel;
  /** By column; null is the model as it is. */
  columns: readonly (Steering | null)[];
  /** Says whether maps are the same ones: they are too large to be compared. */
  maps: string;
}

/** Milliseconds of quiet before a moved strength is run. */
const quiet = 200;
const alternatives = 5;
/** Texts that are kept, so that a strength that was seen comes back at once. */
const mostKept = 400;
const waiting: Cell = { tokens: [], written: 0, state: 'waiting', shift: null };

export class Generation {
  rows = $state.raw<readonly Row[]>([]);
  running = $state(false);
  error = $state.raw<ErrorDetail | null>(null);
  /** What the rows go on from. */
  prompt = $state('');
  readonly #engine: EngineClient;
  readonly #kept = new Map<string, Written>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #job: StartedJob<GenerateRequest> | null = null;
  #turn = 0;
  #asked = '';

  constructor(engine: EngineClient) {
    this.#engine = engine;
  }

  /** Writes this soon; what is being written for something else is stopped. The same as before is not written again. */
  want(wanted: Wanted | null): void {
    const key = wanted ? keyOf(wanted) : '';
    if (key === this.#asked) return;
    this.#asked = key;
    if (this.#timer) clearTimeout(this.#timer);
    this.stop();
    if (!wanted || wanted.prompt.trim() === '' || wanted.seeds.length === 0) {
      this.rows = [];
      return;
    }
    this.#prepare(wanted);
    this.#timer = setTimeout(() => void this.#run(wanted), quiet);
  }

  /** Writes again what failed. */
  again(wanted: Wanted | null): void {
    this.#asked = '';
    this.want(wanted);
  }

  /** Ends what is under way; what was written stays. */
  stop(): void {
    this.#turn++;
    this.#job?.stop();
    this.#job = null;
    this.running = false;
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.stop();
  }

  /** Rows for what is wanted: texts of the same seed stay until other words take their places. */
  #prepare({ seeds, columns, prompt }: Wanted): void {
    const same = prompt === this.prompt;
    this.rows = seeds.map((seed) => {
      const before = same ? this.rows.find((row) => row.seed === seed) : undefined;
      const cells = columns.map((_, column): Cell => {
        const cell = before?.cells[column];
        return cell ? { ...cell, written: 0, state: 'waiting' } : waiting;
      });
      return { seed, cells };
    });
    this.prompt = prompt;
  }

  async #run(wanted: Wanted): Promise<void> {
    const turn = ++this.#turn;
    this.running = true;
    this.error = null;
    try {
      for (const [row, seed] of wanted.seeds.entries()) {
        const texts: Written[] = [];
        for (const column of wanted.columns.keys()) {
          const written = await this.#write(wanted, row, seed, column, turn);
          if (!written || turn !== this.#turn) return;
          texts.push(written);
        }
        await this.#compare(wanted, row, texts, turn);
        if (turn !== this.#turn) return;
      }
    } catch (thrown) {
      if (turn === this.#turn) this.error = detailOf(thrown);
    } finally {
      if (turn === this.#turn) this.running = false;
    }
  }

  async #write(
    wanted: Wanted,
    row: number,
    seed: number,
    column: number,
    turn: number,
  ): Promise<Written | null> {
    const steering = wanted.columns[column] ?? null;
    const key = textKey(wanted, seed, steering);
    const known = this.#kept.get(key);
    if (known) {
      this.#change(row, column, { tokens: known.tokens, written: known.tokens.length, state: 'done' });
      return known;
    }
    let tokens: GeneratedToken[] = [];
    const before = this.rows[row]?.cells[column]?.tokens ?? [];
    const show = (): void => {
      if (turn !== this.#turn) return;
      const all = [...tokens, ...before.slice(tokens.length)];
      this.#change(row, column, { tokens: all, written: tokens.length, state: 'writing' });
    };
    show();
    const sampling: Sampling = { ...wanted.sampling, seed, topK: 0, minP: 0, stop: [] };
    const request: GenerateRequest = {
      ...{ kind: 'generate', input: { prompt: wanted.prompt }, sampling, level: wanted.level, alternatives },
      ...(steering && { steering }),
    };
    const job = startJob(this.#engine, wanted.model, request, (update) => {
      tokens = [...tokens, ...update.tokens];
      show();
    });
    this.#job = job;
    const result = await job.result;
    if (turn !== this.#turn || result.finish === 'stopped') return null;
    this.#keep(key, result);
    this.#change(row, column, { tokens: result.tokens, written: result.tokens.length, state: 'done' });
    return result;
  }

  /** What every strength does to its own text, and the first one to the unsteered text. */
  async #compare(wanted: Wanted, row: number, texts: readonly Written[], turn: number): Promise<void> {
    const [plain] = texts;
    const first = wanted.columns.findIndex((steering) => steering !== null);
    for (const [column, steering] of wanted.columns.entries()) {
      if (!steering || texts[column]!.tokens.length === 0) continue;
      const own = texts[column]!;
      const both = column === first ? [own, plain!] : [own];
      const { texts: compared } = await askLanguage(this.#engine, wanted.model, {
        kind: 'steering-divergence',
        texts: both.map(({ text }) => wanted.prompt + text),
        steering,
        level: wanted.level,
        maxTokens: 0,
        alternatives,
      });
      if (turn !== this.#turn) return;
      this.#change(row, column, { shift: shiftOf(wanted.prompt, own.tokens, compared[0]!) });
      if (compared[1]) this.#change(row, 0, { shift: shiftOf(wanted.prompt, plain!.tokens, compared[1]) });
    }
    if (first < 0) this.#change(row, 0, { shift: null });
  }

  #change(row: number, column: number, change: Partial<Cell>): void {
    this.rows = this.rows.map((one, place) =>
      place === row
        ? { ...one, cells: one.cells.map((cell, k) => (k === column ? { ...cell, ...change } : cell)) }
        : one,
    );
  }

  #keep(key: string, written: Written): void {
    this.#kept.set(key, written);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function keyOf({ columns, ...wanted }: Wanted): string {
  return JSON.stringify([wanted, columns.map((one) => one && [one.lambda, one.first])]);
}

/** What a text depends on; the unsteered one on no maps. */
function textKey(
  { model, prompt, sampling, level, maps }: Wanted,
  seed: number,
  steering: Steering | null,
): string {
  const how = steering ? [maps, steering.lambda, steering.first] : null;
  return JSON.stringify([model, prompt, sampling, level, seed, how]);
}
