/** @file What the engine has to tell one view, held back while the view is slow and never growing without bound. */
import type {
  ClaimsProgress,
  StudySummary,
  DatasetInfo,
  LanguageUpdate,
  MetricPoint,
  RunRecord,
  ViewApi,
} from '../contract/engine';

type Send = <K extends keyof ViewApi>(event: K, ...args: Parameters<ViewApi[K]>) => Promise<unknown>;

/** Points of a run kept for a slow view; more are dropped, and the view asks for the curve when it needs it. */
const MAXIMUM_POINTS = 5000;
/** Updates of all language jobs; a view that missed some has everything in the job's own answer. */
const MAXIMUM_UPDATES = 5000;
const MAXIMUM_NOTICES = 50;
const MAXIMUM_RECORDS = 2000;
/** A view that does not acknowledge in this time is given the next event anyway. */
const PATIENCE_MILLISECONDS = 10_000;

/**
 * One event is on its way at a time; the next leaves when the view has acknowledged it. Meanwhile records replace
 * older ones of the same run or data set, and metric points gather up to a bound.
 */
export class Outbox implements ViewApi {
  readonly #send: Send;
  readonly #runs = new Map<string, RunRecord>();
  readonly #removed = new Set<string>();
  readonly #points = new Map<string, MetricPoint[]>();
  readonly #datasets = new Map<string, DatasetInfo>();
  /** By method, of which there are few. */
  readonly #claims = new Map<string, ClaimsProgress>();
  readonly #studies = new Map<string, StudySummary>();
  readonly #updates = new Map<string, LanguageUpdate[]>();
  readonly #notices: Parameters<ViewApi['notice']>[0][] = [];
  #sending = false;
  #closed = false;
  /** Points dropped because the view was too slow. */
  dropped = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  runChanged(record: RunRecord): void {
    if (this.#runs.size >= MAXIMUM_RECORDS && !this.#runs.has(record.id)) return;
    this.#removed.delete(record.id);
    this.#runs.set(record.id, record);
    this.#wake();
  }

  runRemoved(id: string): void {
    this.#runs.delete(id);
    this.#points.delete(id);
    if (this.#removed.size < MAXIMUM_RECORDS) this.#removed.add(id);
    this.#wake();
  }

  metrics(id: string, points: MetricPoint[]): void {
    const waiting = this.#points.get(id) ?? [];
    const room = MAXIMUM_POINTS - waiting.length;
    this.dropped += Math.max(0, points.length - room);
    for (const point of points.slice(0, Math.max(0, room))) waiting.push(point);
    if (this.#points.has(id) || this.#points.size < MAXIMUM_RECORDS) this.#points.set(id, waiting);
    this.#wake();
  }

  datasetChanged(info: DatasetInfo): void {
    if (this.#datasets.size >= MAXIMUM_RECORDS && !this.#datasets.has(info.id)) return;
    this.#datasets.set(info.id, info);
    this.#wake();
  }

  studyChanged(summary: StudySummary): void {
    if (this.#studies.size >= MAXIMUM_RECORDS && !this.#studies.has(summary.id)) return;
    this.#studies.set(summary.id, summary);
    this.#wake();
  }

  claimsChanged(progress: ClaimsProgress): void {
    this.#claims.set(progress.method, progress);
    this.#wake();
  }

  languageUpdates(call: string, updates: LanguageUpdate[]): void {
    const waiting = this.#updates.get(call) ?? [];
    let held = 0;
    for (const one of this.#updates.values()) held += one.length;
    this.#updates.set(call, [...waiting, ...updates.slice(0, Math.max(0, MAXIMUM_UPDATES - held))]);
    this.#wake();
  }

  notice(message: Parameters<ViewApi['notice']>[0]): void {
    if (this.#notices.length < MAXIMUM_NOTICES) this.#notices.push(message);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
  }

  #wake(): void {
    if (this.#sending || this.#closed) return;
    this.#sending = true;
    // After the current turn, so that what happens together leaves together.
    queueMicrotask(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (!this.#closed) {
      const sent = this.#next();
      if (!sent) break;
      await Promise.race([sent.catch(() => undefined), patience()]);
    }
    this.#sending = false;
  }

  /** Takes the most telling event first: a run's state before its points. */
  #next(): Promise<unknown> | null {
    const notice = this.#notices.shift();
    if (notice) return this.#send('notice', notice);
    for (const id of this.#removed) {
      this.#removed.delete(id);
      return this.#send('runRemoved', id);
    }
    const updates = takeFirst(this.#updates);
    if (updates) return this.#send('languageUpdates', updates[0], updates[1]);
    const record = takeFirst(this.#runs);
    if (record) return this.#send('runChanged', record[1]);
    const points = takeFirst(this.#points);
    if (points) return this.#send('metrics', points[0], points[1]);
    const dataset = takeFirst(this.#datasets);
    if (dataset) return this.#send('datasetChanged', dataset[1]);
    const study = takeFirst(this.#studies);
    if (study) return this.#send('studyChanged', study[1]);
    const claims = takeFirst(this.#claims);
    return claims && this.#send('claimsChanged', claims[1]);
  }
}

function takeFirst<T>(map: Map<string, T>): [string, T] | null {
  for (const entry of map) {
    map.delete(entry[0]);
    return entry;
  }
  return null;
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS).unref());
}
