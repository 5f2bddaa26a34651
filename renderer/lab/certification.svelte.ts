/** @file Whether the hooks of a model tell the truth: asked for once, filled in as the engine finds out. */
import type { ErrorDetail, HookCertificate } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { detailOf } from '../engine/error';
import { askLanguage, startJob, type StartedJob } from './ask';
import { noCertificates, withCertificates, type Certificates } from './tree';

export class Certification {
  certificates = $state.raw<Certificates>(noCertificates);
  running = $state(false);
  error = $state.raw<ErrorDetail | null>(null);
  readonly #engine: EngineClient;
  readonly #model: string;
  #job: StartedJob<{ kind: 'certify' }> | null = null;

  constructor(engine: EngineClient, model: string) {
    this.#engine = engine;
    this.#model = model;
  }

  /** Takes what is known, and certifies what is not. */
  async begin(): Promise<void> {
    if (this.running) return;
    this.error = null;
    try {
      const known = await askLanguage(this.#engine, this.#model, { kind: 'certificates' });
      this.#take(known);
      if (known.some(({ verdict }) => verdict === 'unchecked')) await this.run();
    } catch (thrown) {
      this.error = detailOf(thrown);
    }
  }

  async run(fresh = false): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.error = null;
    if (fresh) this.certificates = noCertificates;
    try {
      const job = fresh ? { kind: 'certify' as const, fresh } : { kind: 'certify' as const };
      this.#job = startJob(this.#engine, this.#model, job, ({ certificates }) => this.#take(certificates));
      this.#take(await this.#job.result);
    } catch (thrown) {
      this.error = detailOf(thrown);
    } finally {
      this.#job = null;
      this.running = false;
    }
  }

  /** What was certified stays. */
  stop(): void {
    this.#job?.stop();
  }

  #take(list: readonly HookCertificate[]): void {
    this.certificates = withCertificates(this.certificates, list);
  }
}
