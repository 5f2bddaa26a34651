/** @file One study in memory: its history, and what works on it while it does. */
import { stat } from 'node:fs/promises';
import { errorDetail, MongeError } from '../../native-models/error';
import type { MethodDefinition } from '../contract/define';
import type { RunRecord } from '../contract/engine';
import type { Json } from '../contract/schema';
import type { StudyDefinition, StudySummary } from '../contract/study';
import { beat, heartbeatMilliseconds, ownedElsewhere, releaseLock, takeLock } from '../runs/owner';
import { StudyHistory } from '../study/journal/history';
import { JournalWriter, readJournal } from '../study/journal/journal';
import type { JournalRecord } from '../study/journal/records';
import { createPruner } from '../study/pruners/registry';
import { createSampler } from '../study/samplers/registry';
import type { Sampler, SamplerEvent } from '../study/samplers/sampler';
import { bestOf, countsOf, savedShare, secondsLeftOf } from './columns';
import { defaultValue } from './default-value';
import { openLocal } from './local';
import { StudyRunner } from './runner';
import type { StudyStore } from './store';

export interface OpenStudyHost {
  methods: readonly MethodDefinition[];
  workerUrl: URL | null;
  plan(
    definition: StudyDefinition,
    work: { config: Record<string, Json>; seed: number },
  ): Promise<{ method: string; make: (id: string) => RunRecord }>;
  changed(summary: StudySummary): void;
  notice(text: string): void;
}

/** Views hear of changes at most this often. */
const QUIET = 500;

export class OpenStudy {
  /** The folder's name; that of the journal is another one in a copied folder. */
  readonly id: string;
  readonly history: StudyHistory;
  readonly #store: StudyStore;
  readonly #host: OpenStudyHost;
  /** Events so far, for the sampler when there is one to be made. */
  readonly #events: SamplerEvent[];
  readonly #notices: string[] = [];
  #bytes: number;
  /** Bytes of the journal as this process knows it. */
  #size: number;
  #torn: boolean;
  #sampler: Sampler | null = null;
  #writer: JournalWriter | null = null;
  #runner: StudyRunner | null = null;
  #work: Promise<void> = Promise.resolve();
  #told: NodeJS.Timeout | null = null;
  #slots = 1;
  #default: { complete: number; value: number | null } = { complete: -1, value: null };
  /** Starts and notes wait for each other: two writers of one journal would be one too many. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    store: StudyStore,
    id: string,
    host: OpenStudyHost,
    read: { history: StudyHistory; events: SamplerEvent[]; bytes: number; torn: boolean; size: number },
  ) {
    this.#store = store;
    this.id = id;
    this.#host = host;
    this.history = read.history;
    this.#events = read.events;
    this.#bytes = read.bytes;
    this.#size = read.size;
    this.#torn = read.torn;
    if (read.torn) this.#notices.push('The last line of the journal was torn and is left out.');
    if (!read.history.closed)
      this.#notices.push('Monge ended while this study ran; it goes on from its checkpoints.');
  }

  /** @throws `study-not-found`, `journal-corrupt`, `journal-missing` */
  static async read(store: StudyStore, id: string, host: OpenStudyHost): Promise<OpenStudy> {
    const path = store.journal(id);
    const { records, bytes, torn, size } = await readJournal(path);
    const [first, ...rest] = records;
    if (!first)
      throw new MongeError({ code: 'journal-corrupt', what: 'the journal is empty', where: { file: path } });
    const history = new StudyHistory(first, path);
    const events = rest.flatMap((record) => history.apply(record));
    return new OpenStudy(store, id, host, { history, events, bytes, torn, size });
  }

  summary(): StudySummary {
    const { history, id } = this;
    const { definition, created, revision, planned } = history;
    const counts = countsOf(history);
    const open = counts.queued + counts.running > 0 || history.trials.length < planned;
    const running = this.#runner !== null;
    return {
      ...{ id, created, counts, revision },
      definition: { ...definition, space: history.space, trials: planned },
      state: running ? (this.#runner!.stopping ? 'stopping' : 'running') : open ? 'idle' : 'done',
      best: bestOf(history),
      default: this.#defaultNow(counts.complete),
      saved: savedShare(history),
      secondsLeft: running ? secondsLeftOf(history, this.#slots) : null,
      notices: [...this.#notices, ...this.#blindPruner(counts)],
      command: `npx monge sweep --resume ${id}`,
    };
  }

  /** Looked for again only when another trial is complete: it goes through all of them. */
  #defaultNow(complete: number): number | null {
    if (this.#default.complete !== complete)
      this.#default = { complete, value: defaultValue(this.history, this.#host.methods) };
    return this.#default.value;
  }

  /** A pruner that never sees a value ends nothing, which a person should hear of and not find out. */
  #blindPruner({ complete, pruned }: StudySummary['counts']): string[] {
    const { pruner, objectives } = this.history.definition;
    if (pruner.kind === 'none' || complete === 0 || pruned > 0) return [];
    const seen = this.history.trials.some(({ seeds }) =>
      [...seeds.values()].some((run) => run.steps.length > 0),
    );
    const { curve, metric } = objectives[0]!;
    return seen
      ? []
      : [
          `The pruner sees nothing: trials report no curve named ${curve ?? metric}; name one as the objective's curve.`,
        ];
  }

  /** Begins to work, or goes on. @throws `study-owned-elsewhere` */
  start(trials?: number): Promise<void> {
    return this.#inTurn(() => this.#start(trials));
  }

  async #start(trials: number | undefined): Promise<void> {
    if (this.#runner && !this.#runner.over) {
      if (trials !== undefined && trials > this.history.planned) await this.#note(planned(trials));
      return;
    }
    await this.#work;
    const { id } = this;
    const { definition } = this.history;
    const folder = this.#store.of(id);
    await this.#refuseElsewhere();
    await takeLock(folder);
    const heart = setInterval(() => void beat(folder), heartbeatMilliseconds).unref();
    try {
      this.#writer = await JournalWriter.open(this.#store.journal(id), {
        bytes: this.#bytes,
        torn: this.#torn,
      });
      this.#torn = false;
      if (trials !== undefined && trials > this.history.planned) await this.#write(planned(trials));
      const executor = await openLocal({
        ...{ folder: this.#store.trials(id), methods: this.#host.methods, workerUrl: this.#host.workerUrl },
        ...(typeof definition.launcher.options.slots === 'number' && {
          slots: definition.launcher.options.slots,
        }),
        plan: ({ config, seed }) => this.#host.plan(definition, { config, seed }),
        say: (text) => this.#host.notice(text),
      });
      this.#slots = executor.slots;
      const runner = new StudyRunner({
        ...{
          history: this.history,
          sampler: this.#samplerNow(),
          pruner: createPruner(definition.pruner),
          executor,
        },
        write: (record) => this.#write(record),
        now: () => new Date(),
      });
      this.#runner = runner;
      this.#work = runner
        .run()
        .then(() => {
          if (runner.failure !== null)
            this.#host.notice(`Study ${id} stopped: ${errorDetail(runner.failure).what}`);
        })
        .catch((error: unknown) => this.#host.notice(`Study ${id} stopped: ${String(error)}`))
        .finally(async () => {
          clearInterval(heart);
          await executor.close();
          await this.#closeWriter();
          this.#runner = null;
          await releaseLock(folder);
          this.#tell();
        });
      this.#tell();
    } catch (error) {
      clearInterval(heart);
      await this.#closeWriter();
      await releaseLock(folder);
      throw error;
    }
  }

  stop(how: 'finish' | 'cancel'): void {
    this.#runner?.stop(how);
    this.#tell();
  }

  wait(): Promise<void> {
    return this.#work;
  }

  /** Writes what a person changed, whether or not somebody works on the study. */
  note(record: JournalRecord): Promise<void> {
    return this.#inTurn(() => this.#note(record));
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(action);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #note(record: JournalRecord): Promise<void> {
    if (this.#runner && !this.#runner.over) {
      await this.#write(record);
      this.#runner.wake();
    } else {
      await this.#work;
      await this.#refuseElsewhere();
      this.#writer = await JournalWriter.open(this.#store.journal(this.id), {
        ...{ bytes: this.#bytes, torn: this.#torn },
      });
      try {
        await this.#write(record);
        this.#torn = false;
      } finally {
        await this.#closeWriter();
      }
    }
    this.#tell();
  }

  async #closeWriter(): Promise<void> {
    await this.#writer?.close();
    this.#size = await stat(this.#store.journal(this.id)).then(
      ({ size }) => size,
      () => this.#size,
    );
    this.#writer = null;
  }

  /** Whether another process has written to the journal since it was read, so that it is to be read again. */
  async stale(): Promise<boolean> {
    if (this.#runner || this.#writer) return false;
    const size = await stat(this.#store.journal(this.id)).then(
      (found) => found.size,
      () => -1,
    );
    return !this.#runner && !this.#writer && size !== this.#size;
  }

  /** @throws `study-owned-elsewhere` */
  async #refuseElsewhere(): Promise<void> {
    if (!(await ownedElsewhere(this.#store.of(this.id)))) return;
    throw new MongeError({
      code: 'study-owned-elsewhere',
      what: 'another process is working on this study',
      where: { key: this.id },
      help: 'stop it there first',
    });
  }

  /** @throws `study-active` */
  refuseActive(what: string): void {
    if (!this.#runner) return;
    throw new MongeError({
      code: 'study-active',
      what: `a study that goes on cannot be ${what}`,
      where: { key: this.id },
      help: 'stop it first',
    });
  }

  async #write(record: JournalRecord): Promise<void> {
    await this.#writer!.append(record);
    for (const event of this.history.apply(record)) {
      this.#events.push(event);
      this.#sampler?.tell(event);
    }
    this.#told ??= setTimeout(() => this.#tell(), QUIET);
  }

  /** Its state is that of the journal, whoever wrote it. */
  #samplerNow(): Sampler {
    if (this.#sampler) return this.#sampler;
    const { definition } = this.history;
    const { space, seed, trials } = definition;
    const sampler = createSampler(definition.sampler, { space, seed, trials });
    for (const event of this.#events) sampler.tell(event);
    return (this.#sampler = sampler);
  }

  #tell(): void {
    if (this.#told) clearTimeout(this.#told);
    this.#told = null;
    this.#host.changed(this.summary());
  }
}

const planned = (trials: number): JournalRecord => ({ op: 'planned', trials, at: new Date().toISOString() });
