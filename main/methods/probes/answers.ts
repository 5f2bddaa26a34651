/** @file Answer mode: the model goes on from each prompt greedily, or picks the likeliest choice, and its answers are graded. */
import { MongeError } from '../../../native-models/error';
import type { RunContext } from '../../contract/define';
import type { LanguageSession } from '../../contract/opened';
import { grade, graderOf, type Grader } from '../../probes/graders';
import type { ProbesConfig } from './config';
import type { RunItem } from './items';
import { abortable } from '../../inference/for-methods/abortable';
import type { TableItem } from './table';

/** Prompts of one request: what is lost by a stop. */
const TOGETHER = 32;

/**
 * Answers and grades the items from number `known.length` on; `told` gets those that are done. Null where a stop was asked for.
 * @throws `choices-missing`, and the codes of `continue` and `likelihood`
 */
export async function gradedAnswers(
  context: Pick<RunContext, 'stopRequested' | 'progress'>,
  session: LanguageSession,
  items: readonly TableItem[],
  config: Pick<ProbesConfig, 'grader' | 'maxTokens' | 'level' | 'batch'>,
  known: readonly RunItem[],
  told: (done: RunItem[]) => Promise<void>,
): Promise<RunItem[] | null> {
  const grader = config.grader === 'auto' ? graderOf(items.map(({ accepted }) => accepted)) : config.grader;
  const done = [...known];
  while (done.length < items.length) {
    const part = items.slice(done.length, done.length + TOGETHER);
    context.progress({ stage: 'answering', step: done.length, steps: items.length });
    const made =
      grader === 'choice'
        ? await chosen(context, session, part, config)
        : await written(context, session, part, grader, config);
    if (!made) return null;
    done.push(...made);
    await told(done);
  }
  return done;
}

async function written(
  context: Pick<RunContext, 'stopRequested'>,
  session: LanguageSession,
  items: readonly TableItem[],
  grader: Grader,
  { maxTokens, level }: Pick<ProbesConfig, 'maxTokens' | 'level'>,
): Promise<RunItem[] | null> {
  const sampling = {
    ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 },
    ...{ maxTokens, stop: ['\n'] },
  };
  const prompts = items.map(({ text }) => ({ text, seed: 0 }));
  const made = await abortable(context, (heard, signal) =>
    session.work(
      { kind: 'continue', prompts, chat: false, sampling, stopAtEnd: true, level },
      () => heard(),
      signal,
    ),
  );
  if (!made) return null;
  return items.map(({ row, text, accepted, group }, k): RunItem => {
    const answer = made.texts[k]!.text.trimEnd();
    const { right, end } = grade(answer, accepted, grader);
    // Without an answer its last token is the prompt's.
    return {
      ...{ text: text + answer, prompt: text.length, end: text.length + end },
      ...{ label: right ? 1 : 0, group, row },
    };
  });
}

async function chosen(
  context: Pick<RunContext, 'stopRequested'>,
  session: LanguageSession,
  items: readonly TableItem[],
  { level, batch }: Pick<ProbesConfig, 'level' | 'batch'>,
): Promise<RunItem[] | null> {
  const bare = items.findIndex(({ choices }) => choices.length < 2);
  if (bare >= 0)
    throw new MongeError({
      code: 'choices-missing',
      blame: 'input',
      what: 'an item has no choices to pick from',
      where: { row: items[bare]!.row, column: 'choices' },
      expected: 'two or more, between bars or as a JSON list',
    });
  const texts = items.flatMap(({ text, choices }) =>
    choices.map((choice) => ({ text: text + choice, prefix: text })),
  );
  const scores = new Float64Array(texts.length);
  const whole = await abortable(context, (heard, signal) =>
    session.work(
      { kind: 'likelihood', texts, level, batch, from: 0 },
      ({ rows, texts: found }) =>
        heard(() => {
          // By token, so that long choices are not unlikely for their length.
          rows.forEach((row, k) => (scores[row] = found[k]!.sum / Math.max(1, found[k]!.tokens)));
        }),
      signal,
    ),
  );
  if (!whole) return null;
  let at = 0;
  return items.map(({ row, text, accepted, choices, group }): RunItem => {
    const own = scores.subarray(at, (at += choices.length));
    const choice = choices[own.indexOf(Math.max(...own))]!;
    const all = text + choice;
    return {
      row,
      text: all,
      prompt: text.length,
      end: all.length,
      label: accepted.includes(choice) ? 1 : 0,
      group,
      options: choices.length,
    };
  });
}
