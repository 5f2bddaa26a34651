/** @file Whether the hooks of a model tell the truth: asked for once, filled in as the engine finds out. */
import type { ErrorDetail, ExactLevel, HookCertificate } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { detailOf } from '../engine/error';
import { askLanguage, startJob, type StartedJob } from './ask';
import { noCertificates, withCertificates, type Certificates } from './tree';

export class Certification {
  certificates = $state.raw<Certificates>(noCertificates);
  running = $state(false);
  error = $state.raw<ErrorDetail | null>(null);
  #level: ExactLevel;
  readonly #engine: EngineClient;
  readonly #model: string;
  /** A stop was asked for. */
  #stopped = false;
  #job: StartedJob<{ kind: 'certify' }> | null = null;
  #ended = Promise.resolve();

  constructor(engine: EngineClient, model: string, level: ExactLevel) {
    this.#engine = engine;
    this.#model = model;
    this.#level = level;
  }

  /** What hooks do at another level is another question; `begun` says whether it was asked at the one before. */
  async at(level: ExactLevel, begun: boolean): Promise<void> {
    if (level === this.#level) return;
    this.#level = level;
    this.certificates = noCertificates;
    this.stop();
    await this.#ended;
    if (begun && level === this.#level) await this.begin();
  }

  /** Takes what is known, and certifies what is not. */
  async begin(): Promise<void> {
    if (this.running) return;
    this.error = null;
    const level = this.#level;
    try {
      const known = await askLanguage(this.#engine, this.#model, { kind: 'certificates', level });
      if (level !== this.#level) return;
      this.#take(known);
      if (known.some(({ verdict }) => verdict === 'unchecked')) await this.run();
    } catch (thrown) {
      this.error = detailOf(thrown);
    }
  }

  run(fresh = false): Promise<void> {
    if (!this.running) this.#ended = this.#run(fresh);
    return this.#ended;
  }

  async #run(fresh: boolean): Promise<void> {
    const level = this.#level;
    const take = (list: readonly HookCertificate[]) => {
      if (level === this.#level) this.#take(list);
    };
    this.running = true;
    this.error = null;
    if (fresh) this.certificates = noCertificates;
    try {
      const job = { kind: 'certify' as const, level, fresh };
      this.#job = startJob(this.#engine, this.#model, job, ({ certificates }) => take(certificates));
      take(await this.#job.result);
    } catch (thrown) {
      // A hook under way may not come to its end in time; who stopped it knows.
      if (!this.#stopped) this.error = detailOf(thrown);
    } finally {
      this.#job = null;
      this.#stopped = false;
      this.running = false;
    }
  }

  /** What was certified stays. */
  stop(): void {
    this.#stopped = this.running;
    this.#job?.stop();
  }

  /** Ends what is under way, so that another job need not wait for every hook; says whether there was any. */
  async pause(): Promise<boolean> {
    if (!this.running) return false;
    this.stop();
    await this.#ended;
    return true;
  }

  #take(list: readonly HookCertificate[]): void {
    this.certificates = withCertificates(this.certificates, list);
  }
}
