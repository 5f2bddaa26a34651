/** @file What a method's own settings reach in a study, where their point was tried. */
import type { MethodDefinition } from '../contract/define';
import type { StudyHistory } from '../study/journal/history';
import { pointKey } from '../study/space/points';
import { pointOf } from '../study/space/settings';
import { fieldsOf } from '../runs/plan';

/** The first objective of the trial with the default settings; null where there is none. */
export function defaultValue(
  { definition, trials, space }: StudyHistory,
  methods: readonly MethodDefinition[],
): number | null {
  const method = methods.find(({ id }) => id === definition.method);
  const point = method && pointOf(space, {}, fieldsOf(method));
  if (!point) return null;
  const key = pointKey(point);
  const trial = trials.find((one) => one.state === 'complete' && pointKey(one.point) === key);
  return trial?.values[0] ?? null;
}
