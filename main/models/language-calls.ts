/** @file The calls of the contract about opened language models: asked of the process for foreign files, jobs told as they go. */
import { MongeError } from '../../native-models/error';
import type {
  LanguageAnswers,
  LanguageApi,
  LanguageFacts,
  LanguageJob,
  LanguageQuestion,
  LanguageResults,
  LanguageUpdate,
} from '../contract/language';
import type { ModelInfo } from '../contract/models';
import type { AskOptions } from '../foreign/messages';

/** How often a view hears of a job, in milliseconds. */
const EVERY = 60;

/** What the process is asked; see `languageService`. */
interface Asked {
  kind: 'language';
  path: string;
  ask: LanguageQuestion | LanguageJob;
  other?: string;
  sha256?: string;
  threads: number;
  cacheFolder: string;
}

export interface LanguageCallsOptions {
  process: {
    ask(request: Asked, onUpdate?: (news: unknown) => void, options?: AskOptions): Promise<unknown>;
  };
  tell(call: string, updates: LanguageUpdate[]): void;
  threads: number;
  cacheFolder: string;
}

export class LanguageCalls {
  readonly #options: LanguageCallsOptions;
  /** By the names that views gave them. */
  readonly #jobs = new Map<string, AbortController>();
  /** By kind and model: its jobs of one kind go one after the other; nobody waits for words until every hook is certified. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: LanguageCallsOptions) {
    this.#options = options;
  }

  /** What a checkpoint says of itself as a language model. @throws the codes of `openLanguage` */
  async facts(path: string): Promise<LanguageFacts> {
    return (await this.#ask(path, { kind: 'facts' })) as LanguageFacts;
  }

  /** `model` finds one that was opened, or throws `model-not-found`. */
  calls(model: (id: string) => ModelInfo): LanguageApi {
    const pathOf = (id: string) => languagePath(model(id));
    return {
      language: async (id, question) => {
        const path = pathOf(id);
        const other =
          'measure' in question && question.measure.kind === 'model' ? question.measure.other : null;
        const compared = other === null ? {} : { other: pathOf(other) };
        const held = question.kind === 'steering-file' ? { sha256: model(id).sha256 } : {};
        return (await this.#ask(path, question, {
          ...compared,
          ...held,
        })) as LanguageAnswers[keyof LanguageAnswers];
      },
      languageJob: async (id, call, job) => this.#job(pathOf(id), call, job),
      stopLanguage: async (call) => this.#jobs.get(call)?.abort(),
    };
  }

  async #job(path: string, call: string, job: LanguageJob): Promise<LanguageResults[keyof LanguageResults]> {
    if (this.#jobs.has(call))
      throw new MongeError({
        code: 'call-taken',
        blame: 'input',
        what: 'another job has this name already',
        where: { key: 'call' },
        got: call,
      });
    const stop = new AbortController();
    this.#jobs.set(call, stop);
    const turn = `${job.kind} ${path}`;
    const before = this.#turns.get(turn) ?? Promise.resolve();
    const held = new Held((updates) => this.#options.tell(call, updates));
    const work = before.then(() => this.#ask(path, job, {}, (news) => held.add(news), stop.signal));
    this.#turns.set(
      turn,
      work.catch(() => undefined),
    );
    try {
      return (await work) as LanguageResults[keyof LanguageResults];
    } finally {
      held.flush();
      this.#jobs.delete(call);
    }
  }

  #ask(
    path: string,
    ask: Asked['ask'],
    extra: Pick<Asked, 'other' | 'sha256'> = {},
    onNews?: (news: unknown) => void,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const { process, threads, cacheFolder } = this.#options;
    const asked: Asked = { kind: 'language', path, ask, threads, cacheFolder, ...extra };
    return process.ask(asked, onNews, { file: path, ...(signal ? { signal } : {}) });
  }
}

/** @throws `model-not-language` */
function languagePath({ id, path, language }: ModelInfo): string {
  if (language) return path;
  throw new MongeError({
    code: 'model-not-language',
    blame: 'input',
    what: 'this is no language model that can be looked into',
    where: { key: id },
    help: 'its graph can be looked at in the model view',
  });
}

/** Updates held back for a moment, so that a fast job does not send one message a token. */
class Held {
  readonly #tell: (updates: LanguageUpdate[]) => void;
  #updates: LanguageUpdate[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(tell: (updates: LanguageUpdate[]) => void) {
    this.#tell = tell;
  }

  add(news: unknown): void {
    if (!isUpdate(news)) return;
    this.#updates.push(news);
    this.#timer ??= setTimeout(() => this.flush(), EVERY);
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const updates = this.#updates;
    this.#updates = [];
    if (updates.length > 0) this.#tell(updates);
  }
}

function isUpdate(news: unknown): news is LanguageUpdate {
  const kind = (news as { kind?: unknown } | null)?.kind;
  return kind === 'generate' || kind === 'certify';
}
