/** @file The study of induction: a concept brought about in a model by several methods at several strengths, beside random maps. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LanguageSession } from '../../../main/contract/opened';
import type { SteerPoint } from '../../../main/contract/steer';
import type { HookMap, SteeringMethod } from '../../../main/contract/steering';
import type { TextLikelihood } from '../../../main/contract/language';
import { packJson, unpackJson } from '../../../main/disk/packed-json';
import { config as steerConfig } from '../../../main/methods/steer/config';
import { fitSettings } from '../../../main/methods/steer/fit/fit';
import { chosenHooks } from '../../../main/methods/steer/fit/hooks';
import { likelihoods, promptsOf, written } from '../../../main/methods/steer/sweep/continuations';
import type { TextLine } from '../../../main/methods/steer/sweep/lines';
import { pointOf } from '../../../main/methods/steer/sweep/points';
import { makeJudges } from '../../../main/methods/steer/texts/judges';
import { randomMapsLike } from '../../../main/steering/control';
import { concepts, partsOf } from './concepts';

/** What is compared, the plain method first: `first` says whether first tokens are pooled and steered. */
export const inductionArms = [
  { name: 'linear-act', method: 'linear-act', first: true },
  { name: 'mean-act', method: 'mean-act', first: true },
  { name: 'caa', method: 'caa', first: true },
  { name: 'random', method: 'linear-act', first: true },
  { name: 'aura', method: 'aura', first: true },
  { name: 'linear-act, first token left out', method: 'linear-act', first: false },
] as const satisfies readonly { name: string; method: SteeringMethod; first: boolean }[];

/** Most telling first, so that a study that is cut short says something. */
export const inductionLambdas = [1, 0.5, 2, 1.5, 0.75, 0.25];

export const footballWords = [
  ...['football', 'footballer*', 'soccer', 'goal*', 'match', 'matches', 'team', 'teams', 'league*', 'club*'],
  ...['player*', 'coach*', 'cup', 'season*', 'game', 'games', 'score*', 'kick*', 'referee*', 'stadium*'],
  ...[
    'championship*',
    'tournament*',
    'ball',
    'fifa',
    'uefa',
    'quarterback*',
    'touchdown*',
    'rugby',
    'midfielder*',
  ],
];

const SIZES = { words: 32, fit: 128, train: 300, test: 100, seed: 0 };
const TOGETHER = 8;

export interface InductionOptions {
  session: LanguageSession;
  data: string;
  out: string;
  /** Continuations of each point; more than were asked for before are added to them. */
  copies: number;
  /** Neutral texts. */
  neutral: number;
  /** Names; all when left out. Random maps are like those of linear-act. */
  arms?: readonly string[];
  /** All when left out. */
  lambdas?: readonly number[];
}

export interface InductionStored {
  seconds: Record<string, number>;
  /** By arm and λ: `linear-act 0.5`, and `none`. */
  lines: Record<string, TextLine[]>;
  neutral: Record<string, TextLikelihood[]>;
  judgeAuc: number;
}

/** Points by arm and λ, written to `induction.json` of the folder after every batch; what is there is not computed again. */
export async function inductionStudy(options: InductionOptions): Promise<InductionStored> {
  const { session, data, out, copies, neutral, lambdas = inductionLambdas } = options;
  const arms = inductionArms.filter(({ name }) => options.arms?.includes(name) ?? true);
  const file = join(out, 'induction.json');
  const stored: InductionStored = existsSync(file)
    ? unpackJson<InductionStored>(readFileSync(file))
    : { seconds: {}, lines: {}, neutral: {}, judgeAuc: NaN };
  const save = () => writeFileSync(file, packJson(stored));
  const texts = partsOf(await concepts[0]!.sides(data), SIZES);
  const judges = makeJudges(
    { ...texts, neutral: { texts: [], says: '' }, offensive: false, notes: [] },
    { lexicon: footballWords },
  );
  stored.judgeAuc = judges.auc;
  const facts = await session.ask({ kind: 'facts' });
  const context = { stopRequested: () => false };
  const others = texts.source.test.slice(0, neutral);
  const maps: Record<string, readonly HookMap[]> = {};

  for (const arm of arms) {
    const config = steerConfig.parse({ method: arm.method, first: arm.first });
    if (arm.name === 'random') {
      maps.random = randomMapsLike(maps['linear-act']!, 0);
      continue;
    }
    const fit = await session.work(
      {
        ...{ kind: 'fit-steering', source: texts.source.fit, target: texts.target.fit },
        ...fitSettings(config),
        hooks: chosenHooks(config, facts).map(({ id }) => id),
        ...{ seed: 0, level: 'fp32', batch: 8, maxTokens: 32 },
      },
      () => undefined,
    );
    maps[arm.name] = fit.hooks.map(({ map }) => map);
    stored.seconds[arm.name] ??= fit.seconds;
    log(`${arm.name}: ${fit.hooks.length} hooks in ${fit.seconds.toFixed(1)} s ${fit.notes.join(' ')}`);
  }
  save();

  const config = steerConfig.parse({ copies });
  const prompts = promptsOf(config, 0);
  const none = { arm: { name: 'none', first: true }, lambda: 0, name: 'none' };
  const plan = lambdas.flatMap((lambda) =>
    arms.map((arm) => ({ arm, lambda, name: `${arm.name} ${lambda}` })),
  );
  for (const { arm, lambda, name } of [none, ...plan]) {
    const steering = { maps: maps[arm.name] ?? maps['linear-act']!, lambda, first: arm.first };
    const lines = (stored.lines[name] ??= []);
    while (lines.length < prompts.length) {
      const batch = prompts.slice(lines.length, lines.length + TOGETHER);
      lines.push(
        ...(await written(context, { session, config, judges }, batch, { arm: 'fitted', lambda, steering }))!,
      );
      save();
    }
    stored.neutral[name] ??= (await likelihoods(
      context,
      session,
      others.map((text) => ({ text, prefix: '' })),
      { level: 'fp32', batch: 8, steering },
    ))!;
    save();
    log(`${name} ${describe(pointOfStored(stored, name))}`);
  }
  return stored;
}

/** What a stored point is in numbers. */
export function pointOfStored(
  { lines, neutral }: Pick<InductionStored, 'lines' | 'neutral'>,
  name: string,
): SteerPoint {
  const own = lines[name]!;
  return pointOf(
    {
      ...{ arm: 'fitted', lambda: own[0]!.lambda, lines: own, neutral: neutral[name] ?? [] },
      ...{ hasWords: true, maps: [] },
    },
    0,
  );
}

function describe({ presence, judged, perplexity, perplexityData, selfBleu }: SteerPoint): string {
  const [a, b, c, d] = [presence, judged, perplexity, perplexityData].map(({ value }) => value.toFixed(2));
  return `presence ${a} judged ${b} perplexity ${c} data ${d} self-BLEU ${selfBleu.toFixed(2)}`;
}

function log(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}
