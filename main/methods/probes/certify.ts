/** @file Hooks held to the model itself before anything is read from them: what is wrong is left out. */
import { MongeError } from '../../../native-models/error';
import type { RunContext } from '../../contract/define';
import type { LanguageSession } from '../../contract/opened';
import type { CapturedHook } from './capture';
import type { ProbesConfig } from './config';
import { abortable } from './stop';

/** Beyond these certifying takes longer than most runs. */
const MOST_HOOKS = 64;
const MOST_PARAMETERS = 400e6;

/** The hooks that pass; null where a stop was asked for. @throws `hooks-wrong` where none does */
export async function certifiedHooks(
  context: Pick<RunContext, 'notice' | 'progress' | 'stopRequested'>,
  session: LanguageSession,
  hooks: readonly CapturedHook[],
  { certify, level }: Pick<ProbesConfig, 'certify' | 'level'>,
): Promise<CapturedHook[] | null> {
  if (!certify) return [...hooks];
  const { parameters } = await session.ask({ kind: 'facts' });
  if (hooks.length > MOST_HOOKS || parameters > MOST_PARAMETERS) {
    context.notice('The hooks were not certified: there are too many, or the model is too large.');
    return [...hooks];
  }
  const only = hooks.map(({ id }) => id);
  let done = 0;
  const found = await abortable(context, (heard, signal) =>
    session.work(
      { kind: 'certify', only, level },
      (news) => {
        done += news.length;
        context.progress({
          stage: 'certifying the hooks',
          step: done,
          steps: only.length,
          stepsPerSecond: null,
        });
        heard();
      },
      signal,
    ),
  );
  if (!found) return null;
  const wrong = found.filter(({ hook, verdict }) => only.includes(hook) && verdict === 'wrong');
  for (const { hook, reason } of wrong)
    context.notice(`${hook} is not probed, its certificate fails: ${reason}`);
  const left = hooks.filter(({ id }) => !wrong.some(({ hook }) => hook === id));
  if (left.length > 0) return left;
  throw new MongeError({
    code: 'hooks-wrong',
    blame: 'input',
    what: 'every chosen hook fails its certificate, so that nothing true could be read',
    where: { key: 'hooks' },
    got: wrong[0]!.reason,
    help: 'look at the certificates in the lab, or choose other hooks',
  });
}
