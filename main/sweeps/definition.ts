/** @file The definition of a study as a file or a form gives it, checked against its method before anything runs. */
import { MongeError } from '../../native-models/error';
import type { MethodDefinition } from '../contract/define';
import type { InputIds } from '../contract/engine';
import type { FieldDescription, Json } from '../contract/schema';
import type { Dimension, Objective, Space, StudyDefinition } from '../contract/study';
import { createPruner } from '../study/pruners/registry';
import { createSampler } from '../study/samplers/registry';
import { readSpace } from '../study/space/read';
import { checkSettings } from '../study/space/settings';

const MOST_TRIALS = 1_000_000;
const MOST_SEEDS = 100;
const keys = [
  ...['name', 'method', 'data', 'settings', 'space', 'sampler', 'pruner', 'trials', 'seeds', 'objective'],
  ...['objectives', 'seed', 'launcher'],
];

/**
 * The whole definition: what is left out has its default. `seeds` may be their number, `sampler`, `pruner` and `launcher`
 * their kind alone, `objective` one instead of `objectives`.
 * @throws `study-invalid` with the key, and what space, sampler, pruner and the method's settings refuse
 */
export function readDefinition(
  given: Readonly<Record<string, unknown>>,
  method: MethodDefinition,
  fields: readonly FieldDescription[],
): StudyDefinition {
  const unknown = Object.keys(given).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw invalid(unknown, 'a study has no such key', unknown, keys.join(', '));
  const space = readSpace(given.space);
  checkSettings(space, fields);
  const settings = record('settings', given.settings ?? {}) as Record<string, Json>;
  const both = Object.keys(settings).find((key) => Object.hasOwn(space, key));
  if (both !== undefined) throw invalid(both, 'a setting is both fixed and varied', both, 'one of the two');
  // The values of any point, so that a wrong fixed setting is found now and not in every trial.
  method.config.parse({ ...anyPoint(space), ...settings });
  const seed = whole('seed', given.seed ?? 0, 0, Number.MAX_SAFE_INTEGER);
  const definition: StudyDefinition = {
    name:
      typeof given.name === 'string' && given.name.trim() !== ''
        ? given.name.trim().slice(0, 200)
        : method.title,
    method: method.id,
    data: readData(given.data ?? {}),
    settings,
    space,
    sampler: kindOf('sampler', given.sampler ?? 'tpe') as StudyDefinition['sampler'],
    pruner: kindOf('pruner', given.pruner ?? 'none') as StudyDefinition['pruner'],
    trials: whole('trials', given.trials ?? 20, 1, MOST_TRIALS),
    seeds: readSeeds(given.seeds ?? 1),
    objectives: readObjectives(given, method),
    seed,
    launcher: kindOf('launcher', given.launcher ?? 'local') as StudyDefinition['launcher'],
  };
  createSampler(definition.sampler, { space, seed, trials: definition.trials });
  createPruner(definition.pruner);
  const { kind } = definition.launcher;
  if (kind !== 'local') throw invalid('launcher', 'there is no such launcher', kind, 'local');
  return definition;
}

/** The first value of every dimension. */
function anyPoint(space: Space): Record<string, Json> {
  const first = (dimension: Dimension): Json =>
    'choices' in dimension ? dimension.choices[0]! : dimension.low;
  return Object.fromEntries(Object.entries(space).map(([key, dimension]) => [key, first(dimension)]));
}

function readData(given: unknown): InputIds {
  const data = record('data', given);
  for (const [input, value] of Object.entries(data)) {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (list.some((one) => typeof one !== 'string'))
      throw invalid(`data.${input}`, 'an input is no path', shown(value), 'a path, or a list of them');
  }
  return data as InputIds;
}

function readSeeds(given: unknown): number[] {
  if (!Array.isArray(given)) {
    const count = whole('seeds', given, 1, MOST_SEEDS);
    return Array.from({ length: count }, (_, seed) => seed);
  }
  const seeds = given.map((seed, at) => whole(`seeds.${at}`, seed, 0, Number.MAX_SAFE_INTEGER));
  if (seeds.length >= 1 && seeds.length <= MOST_SEEDS && new Set(seeds).size === seeds.length) return seeds;
  throw invalid(
    'seeds',
    'seeds come twice, or there are none',
    shown(given),
    `1 to ${MOST_SEEDS} different ones`,
  );
}

function readObjectives(
  { objective, objectives }: Readonly<Record<string, unknown>>,
  method: MethodDefinition,
): Objective[] {
  if (objective !== undefined && objectives !== undefined)
    throw invalid('objective', 'a study has an objective or objectives', 'both', 'one of the two');
  const given = objectives ?? (objective === undefined ? [defaultObjective(method)] : [objective]);
  if (!Array.isArray(given) || given.length === 0 || given.length > 4)
    throw invalid('objectives', 'objectives are no list', shown(given), '1 to 4 objectives');
  return given.map((one, at) =>
    readObjective(one, at === 0 && objectives === undefined ? 'objective' : `objectives.${at}`, method),
  );
}

function readObjective(given: unknown, key: string, method: MethodDefinition): Objective {
  const { metric, direction = 'minimize', curve } = record(key, given);
  const patterns = Object.keys(method.metrics);
  const known = (name: string) =>
    patterns.some((pattern) =>
      pattern.includes('*') ? name.startsWith(pattern.slice(0, pattern.indexOf('*'))) : pattern === name,
    );
  if (typeof metric !== 'string' || !known(metric))
    throw invalid(`${key}.metric`, 'the method has no such metric', shown(metric), patterns.join(', '));
  if (direction !== 'minimize' && direction !== 'maximize')
    throw invalid(
      `${key}.direction`,
      'an objective goes one of two ways',
      shown(direction),
      'minimize or maximize',
    );
  if (curve !== undefined && typeof curve !== 'string')
    throw invalid(
      `${key}.curve`,
      'a curve is named by a text',
      shown(curve),
      'the name of a curve, such as loss',
    );
  return { metric, direction, ...(curve !== undefined && { curve }) };
}

/** The first number of a method that says which way is better, its headline first. */
function defaultObjective({ metrics }: MethodDefinition): Objective {
  const named = Object.entries(metrics).filter(
    ([name, { better }]) => better !== undefined && !name.includes('*'),
  );
  const [metric, { better }] = named.find(([, { headline }]) => headline) ?? named[0] ?? ['', {}];
  return { metric, direction: better === 'higher' ? 'maximize' : 'minimize' };
}

function kindOf(key: string, given: unknown): { kind: string; options: Record<string, Json> } {
  if (typeof given === 'string') return { kind: given, options: {} };
  const { kind, options = {}, ...rest } = record(key, given);
  const more = Object.keys(rest)[0];
  if (more !== undefined) throw invalid(`${key}.${more}`, 'there is no such key', more, 'kind, options');
  if (typeof kind !== 'string') throw invalid(`${key}.kind`, 'a kind is a word', shown(kind), 'such as tpe');
  return { kind, options: record(`${key}.options`, options) as Record<string, Json> };
}

function record(key: string, given: unknown): Record<string, unknown> {
  if (typeof given === 'object' && given !== null && !Array.isArray(given))
    return given as Record<string, unknown>;
  throw invalid(key, 'this is no object', shown(given), 'an object');
}

function whole(key: string, given: unknown, least: number, most: number): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= least && given <= most)
    return given;
  throw invalid(key, 'this is no whole number in its range', shown(given), `${least} to ${most}`);
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 200);

function invalid(key: string, what: string, got: string, expected: string): MongeError {
  return new MongeError({ code: 'study-invalid', blame: 'input', what, where: { key }, got, expected });
}
