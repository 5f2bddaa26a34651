/** @file What a matrix comes to: means, the correlation of cosine with transfer, and what of the paper's claims is found here. */
import type { ProbeClaim, ProbeMatrix } from '../contract/probes';
import { correlationOf, diagonalMean, offDiagonalMean } from './geometry';
import { outputControls } from './leads';

/** In-task over cross-task AUC that counts as a difference (E.4 of the spec). */
const MARGIN = 0.1;
/** An AUC below is anti-transfer and no accident of two sparse directions that share a unit. */
const FLIPPED = 0.3;
/** Mean absolute value of a normal variable of deviation 1. */
const HALF_NORMAL = Math.sqrt(2 / Math.PI);
/** Of Jaccard indices around chance (E.0). */
const JACCARD_MARGIN = 0.05;
/** The size of supports that claims are judged at. */
const SUPPORT = 50;

type Told = Pick<
  ProbeMatrix,
  | 'tasks'
  | 'auc'
  | 'nullLow'
  | 'nullHigh'
  | 'meetsNull'
  | 'cosine'
  | 'supports'
  | 'controls'
  | 'geometry'
  | 'siblings'
  | 'leads'
>;

export function summaryOf({ tasks, auc, nullLow, nullHigh, cosine, controls }: Told): ProbeMatrix['summary'] {
  const count = tasks.length;
  const crossed = [...auc.values].filter((value, at) => at % (count + 1) !== 0 && !Number.isNaN(value));
  const textOnly = controls.find(({ id }) => id === 'text-only')?.values ?? new Float64Array(0);
  return {
    inTaskMean: diagonalMean(auc.values, count),
    textOnlyMean: meanOf(textOnly),
    crossTaskMean: offDiagonalMean(auc.values, count),
    crossTaskLow: crossed.length > 0 ? Math.min(...crossed) : NaN,
    crossTaskHigh: crossed.length > 0 ? Math.max(...crossed) : NaN,
    crossTaskDistance: meanOf(crossed.map((value) => Math.abs(value - 0.5))),
    crossTaskDistanceChance: meanOf(
      [...nullLow.keys()].flatMap((at) =>
        at % (count + 1) === 0 ? [] : [(HALF_NORMAL * (nullHigh[at]! - nullLow[at]!)) / (2 * 1.96)],
      ),
    ),
    cosineMean: cosine ? offDiagonalMean(cosine.plain, count, Math.abs) : NaN,
    halvesMean: cosine ? meanOf(cosine.halves.plain) : NaN,
  };
}

/** Pearson's r over ordered pairs, with and without those of siblings. */
export function correlationsOf({ tasks, auc, cosine, siblings }: Told): ProbeMatrix['correlation'] {
  if (!cosine) return [];
  const count = tasks.length;
  const off = [...auc.values.keys()].filter(
    (at) => at % (count + 1) !== 0 && !Number.isNaN(auc.values[at]) && !Number.isNaN(cosine.plain[at]),
  );
  const apart = off.filter((at) => siblings[at] === 0);
  return (['plain', 'standardised', 'mahalanobis'] as const).map((measure) => {
    const of = (cells: readonly number[]) =>
      cells.length < 3
        ? NaN
        : correlationOf(
            cells.map((at) => cosine[measure][at]!),
            cells.map((at) => auc.values[at]!),
          );
    return {
      ...{ cosine: measure, all: of(off), withoutSiblings: of(apart) },
      ...{ pairs: off.length, siblings: off.length - apart.length },
    };
  });
}

/** The paper's orderings as they stand here; nothing is judged that was not computed, and nothing of a matrix with missing rows. */
export function claimsOf(matrix: Told): ProbeClaim[] {
  const { tasks, auc, cosine, supports, controls, geometry } = matrix;
  const count = tasks.length;
  const claims: ProbeClaim[] = [];
  if (auc.values.some(Number.isNaN)) return claims;
  const add = (id: string, title: string, says: string, verdict: ProbeClaim['verdict'], found: string) =>
    claims.push({ id, title, says, verdict, count: found });
  const { inTaskMean, crossTaskMean, halvesMean, cosineMean, ...cross } = summaryOf(matrix);
  if (count > 1) {
    const columns = Array.from({ length: count }, (_, j) => {
      const others = tasks.flatMap((_name, i) => (i === j ? [] : [auc.values[i * count + j]!]));
      return auc.values[j * (count + 1)]! - meanOf(others);
    });
    const beats = columns.filter((difference) => difference >= MARGIN).length;
    add(
      'in-task',
      'in-task beats cross-task',
      `Mean AUC ${two(inTaskMean)} on the own task and ${two(crossTaskMean)} on others; counted are the tasks where the own probe is ahead by ${MARGIN} or more.`,
      inTaskMean - crossTaskMean < MARGIN ? 'absent' : beats === count ? 'holds' : 'part',
      `${beats}/${count}`,
    );
    // A mean over pairs with opposite signs is near one half though every pair transfers.
    const off = [...matrix.meetsNull.keys()].filter((at) => at % (count + 1) !== 0);
    const within = off.filter((at) => matrix.meetsNull[at] === 1).length;
    add(
      'no-transfer',
      'no transfer, of either sign',
      `Mean |AUC − 0.5| ${two(cross.crossTaskDistance)} on other tasks, ${two(cross.crossTaskDistanceChance)} with permuted labels; counted are the pairs whose interval meets what permuted labels reach.`,
      within === off.length ? 'holds' : within === 0 ? 'absent' : 'part',
      `${within} of ${off.length} pairs`,
    );
  }
  if (cosine && count > 1) {
    const bound = 1.96 * cosine.chance;
    const unordered = [...cosine.plain.keys()].filter((at) => Math.floor(at / count) < at % count);
    const within = unordered.filter((at) => Math.abs(cosine.plain[at]!) < bound).length;
    add(
      'cosine',
      'cosine at chance level',
      `Pairs of directions within ±${two(bound)}, where 95 % of random ones are.`,
      within === unordered.length ? 'holds' : within === 0 ? 'absent' : 'part',
      `${within} of ${unordered.length} pairs`,
    );
    add(
      'halves',
      'other tasks less alike than two halves of one',
      `Mean |cosine| ${two(cosineMean)} between tasks, ${two(halvesMean)} between halves of the same.`,
      halvesMean > cosineMean + 1.96 * cosine.chance ? 'holds' : 'absent',
      '',
    );
  }
  const support = supports.find(({ size }) => size === SUPPORT) ?? supports.at(-1);
  if (support && count > 1) {
    const jaccard = offDiagonalMean(support.jaccard, count);
    add(
      'supports',
      'sparse supports share no more than chance',
      `Mean Jaccard index ${two(jaccard)} of ${support.size} units; random ones have ${two(support.jaccardChance)}.`,
      Math.abs(jaccard - support.jaccardChance) <= JACCARD_MARGIN ? 'holds' : 'absent',
      '',
    );
  }
  if (count > 1 && !Number.isNaN(geometry.silhouetteByTask)) {
    const { silhouetteByTask: byTask, silhouetteByLabel: byLabel } = geometry;
    add(
      'clusters',
      'clusters by task, not label',
      `Silhouette ${two(byTask)} by task and ${two(byLabel)} by label.`,
      byTask > byLabel + 0.05 ? 'holds' : 'absent',
      '',
    );
  }
  const textOnly = controls.find(({ id }) => id === 'text-only');
  if (textOnly) {
    const ahead = tasks.filter((_, k) => auc.low[k * (count + 1)]! > textOnly.values[k]!).length;
    add(
      'text-only',
      'probes know more than the words',
      'Tasks whose own probe, at the low end of its interval, is above what the words alone reach.',
      ahead === count ? 'holds' : ahead === 0 ? 'absent' : 'part',
      `${ahead}/${count}`,
    );
  }
  const output = matrix.leads.filter(({ control }) => outputControls.includes(control));
  if (output.some(({ control }) => control === 'log-probability')) {
    const ahead = tasks.filter((_, k) =>
      output.every(({ low }) => Number.isNaN(low[k]) || low[k]! > 0),
    ).length;
    add(
      'beyond-output',
      'probes know more than the output tells',
      'Tasks whose own probe leads length, log-probability and confidence, each with its better sign, by intervals that are wholly above 0.',
      ahead === count ? 'holds' : ahead === 0 ? 'absent' : 'part',
      `${ahead}/${count}`,
    );
  }
  if (count > 1) {
    const flipped = [...auc.high.keys()].filter(
      (at) => at % (count + 1) !== 0 && auc.high[at]! < matrix.nullLow[at]! && auc.values[at]! < FLIPPED,
    );
    add(
      'flipped',
      'some directions transfer with their sign flipped',
      flipped.length === 0
        ? `No AUC lies wholly below what permuted labels reach and below ${FLIPPED}.`
        : flipped
            .map((at) => `${tasks[Math.floor(at / count)]!} → ${tasks[at % count]!} ${two(auc.values[at]!)}`)
            .join(', '),
      flipped.length > 0 ? 'holds' : 'absent',
      `${flipped.length} of ${count * (count - 1)} pairs`,
    );
  }
  return claims;
}

function meanOf(values: ArrayLike<number>): number {
  const finite = Array.from(values).filter((value) => !Number.isNaN(value));
  return finite.length > 0 ? finite.reduce((sum, value) => sum + value, 0) / finite.length : NaN;
}

function two(value: number): string {
  const text = value.toFixed(2);
  return text === '-0.00' ? '0.00' : text.replace('-', '−');
}
