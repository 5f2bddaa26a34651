/** @file Answers to the queries of method M, by run and name: the newest arguments win, failures stay beside their question. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the set is replaced as a whole, never changed */
import { untrack } from 'svelte';
import type {
  AnswerOf,
  ArgumentsOf,
  ErrorDetail,
  MethodQueries,
  QuestionName,
} from '../../../main/rpc/contract';
import type { EngineClient } from '../../engine/client';
import { detailOf } from '../../engine/error';
import { Newest } from './newest';

/** Questions that are asked one after the other: the parts their answers are kept under, and their arguments. */
export type Series<M extends keyof MethodQueries, Q extends QuestionName<M>> = readonly (readonly [
  part: string,
  args: ArgumentsOf<M, Q>,
])[];

export class Questions<M extends keyof MethodQueries> {
  #answers = $state.raw<Readonly<Record<string, unknown>>>({});
  #failures = $state.raw<Readonly<Record<string, ErrorDetail>>>({});
  /** Grows when all may be asked again, so that effects which ask run again. */
  #round = $state(0);
  /** Questions under way, by key. */
  #busy = $state.raw<ReadonlySet<string>>(new Set());
  readonly #engine: EngineClient;
  #newest: Record<string, Newest<{ args: unknown; version: string }>> = {};

  constructor(engine: EngineClient) {
    this.#engine = engine;
  }

  /**
   * Asks unless the same was asked last. `part` keeps several answers of one query apart; a new `version` of what is
   * asked about asks again, as for a run that goes on.
   */
  ask<Q extends QuestionName<M>>(
    runId: string,
    query: Q,
    args: ArgumentsOf<M, Q>,
    part = '',
    version = '',
  ): void {
    void this.#round;
    const key = keyOf(runId, query, part);
    this.#newest[key] ??= new Newest(({ args: wanted }) => this.#send(key, runId, query, wanted));
    const newest = this.#newest[key];
    // Who asks from an effect must not depend on what is under way.
    untrack(() => newest.ask({ args, version }));
  }

  /**
   * Asks for the first part of a series that has no answer yet. Asked again as answers come it goes from one to the next,
   * so that other questions get their turn in between, and stays where one fails.
   */
  askNext<Q extends QuestionName<M>>(runId: string, query: Q, series: Series<M, Q>): void {
    const next = series.find(([part]) => this.answer(runId, query, part) === null);
    if (next) this.ask(runId, query, next[1], next[0]);
  }

  /** The newest answer, also while a newer question is under way. */
  answer<Q extends QuestionName<M>>(runId: string | undefined, query: Q, part = ''): AnswerOf<M, Q> | null {
    return (this.#answers[keyOf(runId ?? '', query, part)] as AnswerOf<M, Q> | undefined) ?? null;
  }

  /** The newest answers of several parts, in their order, as far as they are there. */
  answers<Q extends QuestionName<M>>(
    runId: string | undefined,
    query: Q,
    parts: readonly string[],
  ): AnswerOf<M, Q>[] {
    return parts.flatMap((part) => this.answer(runId, query, part) ?? []);
  }

  /** Why the newest question has no answer; of several parts, the first reason. */
  failure(
    runId: string | undefined,
    query: QuestionName<M>,
    parts: string | readonly string[] = '',
  ): ErrorDetail | null {
    const keys = [parts].flat().map((part) => keyOf(runId ?? '', query, part));
    return keys.map((key) => this.#failures[key]).find((found) => found !== undefined) ?? null;
  }

  waiting(runId: string | undefined, query: QuestionName<M>, part = ''): boolean {
    return this.#busy.has(keyOf(runId ?? '', query, part));
  }

  /** Everything may be asked again, as after a lost connection. */
  forget(): void {
    this.#newest = {};
    this.#round++;
  }

  async #send(key: string, runId: string, query: string, args: unknown): Promise<void> {
    this.#busy = new Set([...this.#busy, key]);
    try {
      const answer = await this.#engine.api.query(runId, query, args);
      this.#answers = { ...this.#answers, [key]: answer };
      if (key in this.#failures)
        this.#failures = Object.fromEntries(
          Object.entries(this.#failures).filter(([other]) => other !== key),
        );
    } catch (thrown) {
      this.#failures = { ...this.#failures, [key]: detailOf(thrown) };
    } finally {
      this.#busy = new Set([...this.#busy].filter((other) => other !== key));
    }
  }
}

function keyOf(runId: string, query: string, part: string): string {
  return `${runId} ${query} ${part}`;
}
