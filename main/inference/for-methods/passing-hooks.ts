/** @file Hooks held to the model itself before a run reads anything from them: what is wrong is left out. */
import { MongeError } from '../../../native-models/error';
import type { RunContext } from '../../contract/define';
import type { ExactLevel } from '../../contract/language';
import type { LanguageSession } from '../../contract/opened';
import { abortable } from './abortable';

/** Beyond these certifying takes longer than most runs. */
const MOST_HOOKS = 64;
const MOST_PARAMETERS = 400e6;

/**
 * The hooks without those whose certificate calls them wrong, and notices of what was found; null where a stop was asked
 * for meanwhile. `done` is what the method does with a hook, for its words: captured, probed.
 * @throws `hooks-wrong` where none is left
 */
export async function passingHooks<Hook extends { id: string }>(
  context: Pick<RunContext, 'notice' | 'progress' | 'stopRequested'>,
  session: LanguageSession,
  hooks: readonly Hook[],
  { level, done }: { level: ExactLevel; done: string },
): Promise<Hook[] | null> {
  const { parameters } = await session.ask({ kind: 'facts' });
  if (hooks.length > MOST_HOOKS || parameters > MOST_PARAMETERS) {
    context.notice(
      hooks.length > MOST_HOOKS
        ? `The hooks were not certified: ${hooks.length} are more than ${MOST_HOOKS}.`
        : `The hooks were not certified: the model has more than ${MOST_PARAMETERS / 1e6} million parameters.`,
    );
    return [...hooks];
  }
  const only = hooks.map(({ id }) => id);
  let step = 0;
  const mark = () =>
    context.progress({ stage: 'certifying the hooks', step, steps: only.length, stepsPerSecond: null });
  mark();
  const found = await abortable(context, (heard, signal) =>
    session.work(
      { kind: 'certify', only, level },
      (news) => {
        step += news.length;
        mark();
        heard();
      },
      signal,
    ),
  );
  if (!found) return null;
  const asked = found.filter(({ hook }) => only.includes(hook));
  const wrong = asked.filter(({ verdict }) => verdict === 'wrong');
  for (const { hook, reason } of wrong)
    context.notice(`${hook} is not ${done}, its certificate fails: ${reason}`);
  const degraded = asked.filter(({ verdict }) => verdict === 'degraded').map(({ hook }) => hook);
  if (degraded.length > 0)
    context.notice(`Within wider tolerances than the others are: ${degraded.join(', ')}.`);
  const left = hooks.filter(({ id }) => !wrong.some(({ hook }) => hook === id));
  if (left.length > 0) return left;
  throw new MongeError({
    code: 'hooks-wrong',
    blame: 'input',
    what: `every chosen hook fails its certificate, so that nothing true could be ${done}`,
    where: { key: 'hooks' },
    got: wrong[0]!.reason,
    help: 'look at the certificates in the lab, or choose other hooks',
  });
}
