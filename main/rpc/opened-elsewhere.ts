/**
 * @file Ids stand for files too: the lists of what was opened last are shared by all sessions of a person, each of which has
 * its own folders (`--root`). What lies outside them is to a session as if nobody had opened it.
 */
import { MongeError } from '../../native-models/error';
import type { EngineApi } from '../contract/engine';
import type { LanguageQuestion } from '../contract/language';
import { mayUse, type ApiPolicy } from '../disk/path-policy';

/** The engine as the guard needs it. */
export interface GuardedEngine extends EngineApi {
  /** Where the data sets and models of this id lie, shipped ones left out. */
  placesOf(id: string): readonly string[];
}

/** Ids in an argument, and what they are of. */
export interface OpenedIds {
  kind: 'dataset' | 'model';
  ids: readonly string[];
}

export const ofData = (id: string): OpenedIds[] => [{ kind: 'dataset', ids: [id] }];
export const ofModel = (id: string): OpenedIds[] => [{ kind: 'model', ids: [id] }];
/** Of the inputs of a run, whatever their kinds. */
export const ofInputs = (given: Readonly<Record<string, string | string[]>>): OpenedIds[] => [
  { kind: 'dataset', ids: Object.values(given).flat() },
];
/** Of the model that a look compares with. */
export const ofQuestion = (question: LanguageQuestion): OpenedIds[] =>
  question.kind === 'look' && question.measure.kind === 'model' ? ofModel(question.measure.other) : [];

/** Calls that answer with everything that was opened last, whoever did. */
export const recentLists: ReadonlySet<string> = new Set<keyof EngineApi>(['recentDatasets', 'recentModels']);

/** Those of a list that this session may use. */
export async function ownOnes<T extends { path: string }>(
  listed: readonly T[],
  policy: ApiPolicy,
): Promise<T[]> {
  const allowed = await Promise.all(listed.map(({ path }) => mayUse(policy, path)));
  return listed.filter((_, index) => allowed[index]);
}

/** @throws `dataset-not-found`, `model-not-found`, as for ids that nobody opened */
export async function refuseOthers(
  engine: GuardedEngine,
  policy: ApiPolicy,
  opened: readonly OpenedIds[],
): Promise<void> {
  for (const { kind, ids } of opened)
    for (const id of ids)
      for (const path of engine.placesOf(id)) if (!(await mayUse(policy, path))) throw notOpened(kind, id);
}

function notOpened(kind: OpenedIds['kind'], id: string): MongeError {
  return new MongeError({
    code: `${kind}-not-found`,
    ...(kind === 'model' ? { blame: 'input' } : {}),
    what: `no ${kind === 'dataset' ? 'data set' : 'model'} of this id was opened here`,
    where: { key: kind === 'dataset' ? 'data' : 'model' },
    got: JSON.stringify(id.slice(0, 100)),
    help: 'open the file again',
  });
}
