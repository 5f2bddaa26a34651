/** @file A query is declared once: the arguments it takes, checked before any work, and the answer, whose type the view sees. */
import * as v from 'valibot';
import { MongeError } from '../../native-models/error';
import type { Compute } from './compute';
import type { Arrays, Inputs, NamedArray } from './define';

/** A run as it lies in its folder: its settings, data and snapshots. */
export interface StoredRun<C = unknown, G = Inputs> {
  readonly seed: number;
  readonly config: C;
  readonly inputs: G;
  readonly compute: Compute;
  /** Steps of the stored snapshots, ascending. */
  readonly snapshotSteps: readonly number[];
  /** Arrays of the newest snapshot at or before `step`; the newest of all for 'latest'. Throws `no-snapshot` when there is none yet. */
  snapshot: (step: number | 'latest') => Promise<{ step: number; arrays: Record<string, NamedArray> }>;
  /** Names of what the run has kept. */
  readonly keptNames: readonly string[];
  /** What the run kept under a name; null where nothing was. */
  kept: (name: string) => Promise<Arrays | null>;
  /** A stretch of `artifacts/<name>`, shorter where the file ends; null where there is no such file. */
  artifact: (name: string, range: { at: number; bytes: number }) => Promise<Uint8Array | null>;
  /** Keeps what is costly (sessions, projections) between queries of the run; what can be closed is closed by the engine. */
  cached: <T>(key: string, make: () => Promise<T>) => Promise<T>;
}

/** What a query of a run is answered from. */
export interface QueryContext<C = unknown, P = unknown, G = Inputs> extends StoredRun<C, G> {
  /** What the declaration's `prepare` made of the run, once. */
  prepared: () => Promise<P>;
}

/** The run with what its method prepares of it. */
export function withPrepared<C, P, G>(
  run: StoredRun<C, G>,
  prepare: (run: StoredRun<C, G>) => Promise<P>,
): QueryContext<C, P, G> {
  return { ...run, prepared: () => run.cached('prepared', () => prepare(run)) };
}

/** An argument: a number from `minimum` to `maximum`. */
export const between = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.minValue(minimum), v.maxValue(maximum));
/** A whole one. */
export const whole = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum));

/** What can be asked: the arguments and, as a type only, the answer. */
export interface Question<S extends v.GenericSchema = v.GenericSchema, A = unknown> {
  readonly args: S;
  /** The answer may take minutes: it is made in a thread of its own, so that no quick one waits for it. */
  readonly slow?: boolean;
  /** Never there at run time. */
  readonly answer?: A;
}

/** A question with what answers it. */
export interface Query<
  C = unknown,
  P = unknown,
  S extends v.GenericSchema = v.GenericSchema,
  A = unknown,
  G = Inputs,
> extends Question<S, A> {
  run(context: QueryContext<C, P, G>, args: v.InferOutput<S>): Promise<A>;
}

/**
 * The questions of the methods that have a panel of their own, by method. Each method merges its own in, from a
 * `questions.ts` that holds no computation: the view's types are read from it, so nothing of Node may hang on it.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- empty until methods merge their questions in
export interface MethodQueries {}

export type QuestionName<M extends keyof MethodQueries> = keyof MethodQueries[M] & string;
export type AnswerOf<M extends keyof MethodQueries, Q extends keyof MethodQueries[M]> = AnswerTo<
  MethodQueries[M][Q]
>;
/** As a view gives them: what may be left out may be left out. */
export type ArgumentsOf<M extends keyof MethodQueries, Q extends keyof MethodQueries[M]> =
  MethodQueries[M][Q] extends Question<infer S> ? v.InferInput<S> : never;

export type AnswerTo<Q> = Q extends Question<v.GenericSchema, infer A> ? A : never;

/** A question whose answer is of type A: `question<number>()(v.strictObject({ step: v.number() }))`. */
export function question<A>() {
  return <S extends v.GenericSchema>(args: S, how: { slow?: boolean } = {}): Question<S, A> => ({
    args,
    ...how,
  });
}

/** `query({ args, run })` of a method with settings C, prepared parts P and inputs G. */
export function queryFor<C, P = unknown, G = Inputs>() {
  return <S extends v.GenericSchema, A>(declared: Query<C, P, S, A, G>): Query<C, P, S, A, G> => declared;
}

/** Queries that answer some of a method's `questions`, each by the function of its name. */
export function answersFor<C, P = unknown, G = Inputs>() {
  type Answers<Q extends Record<string, Question>> = {
    [N in keyof Q]: Query<C, P, Q[N]['args'], AnswerTo<Q[N]>, G>;
  };
  return <Q extends Record<string, Question>, R extends { [N in keyof Q]?: Answers<Q>[N]['run'] }>(
    questions: Q,
    runs: R,
  ) =>
    Object.fromEntries(
      Object.entries<unknown>(runs).map(([name, run]) => [name, { ...questions[name], run }]),
    ) as Pick<Answers<Q>, keyof Q & keyof R>;
}

/** Answers by name, the arguments checked. @throws `query-unknown`, `query-invalid` naming the argument, and what the query throws. */
export async function answerQuery(
  queries: Readonly<Record<string, Query>>,
  name: string,
  context: QueryContext,
  args: unknown,
): Promise<unknown> {
  const query = Object.hasOwn(queries, name) ? queries[name] : undefined;
  if (!query)
    throw new MongeError({
      code: 'query-unknown',
      what: 'this method answers no such question',
      where: { key: name },
      expected: Object.keys(queries).join(', ') || 'none',
    });
  const result = v.safeParse(query.args, args);
  if (result.success) return query.run(context, result.output);
  const issue = result.issues[0];
  throw new MongeError({
    code: 'query-invalid',
    what: `arguments of the query ${name} do not fit`,
    where: { key: v.getDotPath(issue) ?? name },
    got: issue.received,
    expected: issue.expected ?? issue.message,
  });
}
