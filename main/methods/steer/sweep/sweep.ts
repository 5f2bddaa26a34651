/** @file The sweep: point after point, the most telling ones first; every batch of continuations is on the disk before the next. */
import type { SteerArm, SteerPoint } from '../../../contract/steer';
import type { HookMap } from '../../../contract/steering';
import { packed } from '../../../disk/packed-json';
import { randomMapsLike } from '../../../steering/control';
import type { SteerConfig } from '../config';
import { files, names, type StageContext } from '../stages';
import { likelihoods, promptsOf, written } from './continuations';
import { linesText, parsedLines } from './lines';
import { inOrder, pointMetrics, pointOf, sweepCsv } from './points';

/** Continuations between two checkpoints: as many as the model writes at once. */
const TOGETHER = 8;

/** How far the sweep is. */
export interface SweepState {
  points: SteerPoint[];
  /** Of the file of texts, and of it before the point under way. */
  bytes: number;
  before: number;
  /** Continuations of the point under way. */
  lines: number;
}

export const noSweep: SweepState = { points: [], bytes: 0, before: 0, lines: 0 };

export interface PlannedPoint {
  arm: SteerArm;
  lambda: number;
}

/** Without steering first, then the main strength and its control, then all others. */
export function plannedPoints(
  lambdas: readonly number[],
  { mainLambda, control }: Pick<SteerConfig, 'mainLambda' | 'control'>,
): PlannedPoint[] {
  const random = lambdas.filter(
    (lambda) => lambda !== 0 && (control === 'all' || (control === 'main' && lambda === mainLambda)),
  );
  const all: PlannedPoint[] = [
    ...lambdas.map((lambda) => ({ arm: 'fitted' as const, lambda })),
    ...random.map((lambda) => ({ arm: 'random' as const, lambda })),
  ];
  const rank = ({ arm, lambda }: PlannedPoint) =>
    lambda === 0 ? 0 : lambda === mainLambda ? 1 + Number(arm === 'random') : arm === 'fitted' ? 3 : 4;
  return all.sort((a, b) => rank(a) - rank(b) || a.lambda - b.lambda);
}

/** False where a stop was asked for; `state` is brought on as points and batches are done, and checkpoints are written. */
export async function sweep(at: StageContext, state: SweepState): Promise<boolean> {
  const { context, config, lambdas, maps } = at;
  const plan = plannedPoints(lambdas, config);
  const control = randomMapsLike(maps, context.seed);
  const arms: Record<SteerArm, readonly HookMap[]> = { fitted: maps, random: control };
  for (const [index, planned] of plan.entries()) {
    if (state.points.some(({ arm, lambda }) => arm === planned.arm && lambda === planned.lambda)) continue;
    const own = arms[planned.arm];
    if (!(await writeTexts(at, planned, own, state, { index, of: plan.length }))) return false;
    const neutral = await likelihoods(
      context,
      at.session,
      at.neutral.map((text) => ({ text, prefix: '' })),
      { ...config, steering: at.steering(planned.lambda, own) },
    );
    if (!neutral) return false;
    const all = await context.readArtifact!(files.texts);
    const lines = parsedLines(all.subarray(state.before, state.bytes));
    const hasWords = at.judges.words.length > 0;
    const point = pointOf({ ...planned, lines, neutral, hasWords, maps: own }, context.seed);
    state.points = inOrder([...state.points, point]);
    state.before = state.bytes;
    state.lines = 0;
    await context.keep(names.point(point.arm, point.lambda), packed(point));
    await context.artifact(files.sweep, sweepCsv(state.points));
    context.final(pointMetrics(point));
    await at.checkpoint();
  }
  context.artifactDone(files.texts);
  return true;
}

async function writeTexts(
  at: StageContext,
  { arm, lambda }: PlannedPoint,
  maps: readonly HookMap[],
  state: SweepState,
  { index, of }: { index: number; of: number },
): Promise<boolean> {
  const { context, config } = at;
  const prompts = promptsOf(config, context.seed);
  while (state.lines < prompts.length) {
    context.progress({
      stage: `writing at λ = ${lambda}${arm === 'random' ? ', random maps' : ''}`,
      step: index * prompts.length + state.lines,
      steps: of * prompts.length,
    });
    const batch = prompts.slice(state.lines, state.lines + TOGETHER);
    const steering = at.steering(lambda, maps);
    const lines = await written(context, at, batch, { arm, lambda, steering });
    if (!lines) return false;
    const bytes = linesText(lines);
    await context.artifactPart(files.texts, state.bytes, bytes);
    state.bytes += bytes.length;
    state.lines += batch.length;
    await at.checkpoint();
  }
  return true;
}

/** Names of the headlines with the numbers at the main strength. */
export function headlines(points: readonly SteerPoint[], mainLambda: number): Record<string, number> {
  const find = (arm: SteerArm) => points.find((point) => point.arm === arm && point.lambda === mainLambda);
  const [main, random] = [find('fitted'), find('random')];
  const all: Record<string, number | undefined> = {
    presence: main?.presence.value,
    judged: main?.judged.value,
    perplexity: main?.perplexity.value,
    perplexityData: main?.perplexityData.value,
    'random.presence': random?.presence.value,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );
}
