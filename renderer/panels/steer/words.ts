/** @file What the Steering panel says: strengths, how far they are safe, how much of the fit is there, where hooks stand. */
import { count, number, plural } from '../../../figures/format';
import type {
  RunRecord,
  SteerHook,
  SteerOverview,
  SteerSide,
  SteerStrength,
} from '../../../main/rpc/contract';

/** The strongest λ that the slider allows, and once it is unlocked. */
export const usualMost = 1.5;
export const unlockedMost = 3;

/** `0.80`, `1.25`. */
export function lambdaText(lambda: number): string {
  return lambda.toFixed(2).replace('-', '−');
}

/** A share as per cent: `45 %`. */
export function shareText(share: number): string {
  return Number.isFinite(share) ? `${number(Math.round(1000 * share) / 10)} %` : 'not measured';
}

/** One digit after the point where numbers are small, as perplexities are read. */
export function perplexityText(value: number): string {
  if (!Number.isFinite(value)) return 'not measured';
  return value < 100 ? value.toFixed(1) : count(value);
}

/** The word beside the slider: how far is safe, and amber words beyond it. Null where no range was calibrated. */
export function safeWord(
  strength: Pick<SteerStrength, 'safe'> | null,
  lambda: number,
): { text: string; beyond: boolean } | null {
  if (!strength) return null;
  const safe = lambdaText(strength.safe);
  const beyond = lambda > strength.safe + 1e-9;
  return beyond
    ? { text: `beyond ${safe}: side effects not covered`, beyond }
    : { text: `safe to ${safe}`, beyond };
}

/** `12 of 29 hooks`, while some are still to come; empty where all are there. */
export function fittedWords({ fitted, hooks }: Pick<SteerOverview, 'fitted' | 'hooks'>): string {
  const wanted = hooks.filter(({ state }) => state !== 'left-out').length;
  return fitted < wanted ? `${count(fitted)} of ${plural(wanted, 'hook')}` : '';
}

/** `block 19 · norm_mlp_in`, or the hook's own name outside the blocks. */
export function hookWords({ role, layer }: Pick<SteerHook, 'role' | 'layer'>): string {
  return layer === null ? role : `block ${layer} · ${role}`;
}

/** `512 texts · 128 fitted, 43 held out`. */
export function sideWords({ given, fitted, held }: SteerSide): string {
  return `${plural(given, 'text')} · ${count(fitted)} fitted, ${count(held)} held out`;
}

/** Texts of a side below which chance is told. */
export const fewTexts = 64;

/** What few texts leave to chance: the ratio of two deviations of n normal values each has a deviation of 1 ÷ √n. */
export function fewTextsWarning(texts: number): string {
  if (texts >= fewTexts || texts < 1) return '';
  return `${plural(texts, 'text')}: w ± ${(1 / Math.sqrt(texts)).toFixed(2)} by chance`;
}

/** What a run does: `Fitting · 3 of 29`; null when it is at rest. */
export function activityWords(run: RunRecord | null): string | null {
  if (!run) return null;
  if (run.status === 'queued') return 'Waiting for another run to end';
  if (run.status !== 'running' && run.status !== 'stopping') return null;
  const { stage, step, steps } = run.progress;
  const title = stage ? stage[0]!.toUpperCase() + stage.slice(1) : 'Running';
  return steps > 1 ? `${title} · ${count(step)} of ${count(steps)}` : title;
}

/** `7 – 9`, as seeds are written. */
export function seedsText(seeds: readonly number[]): string {
  if (seeds.length === 0) return '';
  const [first, last] = [seeds[0]!, seeds.at(-1)!];
  return first === last ? String(first) : `${first} – ${last}`;
}

/** Rows of a side-by-side view at most: each is written by the model while one waits. */
export const mostRows = 12;

/** Seeds from `7`, `7 – 9` or `3, 5, 8`; null where it cannot be read. */
export function readSeeds(text: string): number[] | null {
  const range = /^\s*(\d{1,9})\s*(?:-|–|to)\s*(\d{1,9})\s*$/.exec(text);
  if (range) {
    const [from, to] = [Number(range[1]), Number(range[2])];
    if (to < from) return null;
    return Array.from({ length: Math.min(mostRows, to - from + 1) }, (_, k) => from + k);
  }
  const parts = text.split(',').map((part) => part.trim());
  if (parts.some((part) => !/^\d{1,9}$/.test(part))) return null;
  return [...new Set(parts.map(Number))].slice(0, mostRows);
}

/** As many new seeds, after those that were seen. */
export function nextSeeds(seeds: readonly number[]): number[] {
  const from = seeds.length === 0 ? 0 : Math.max(...seeds) + 1;
  return Array.from({ length: Math.max(1, seeds.length) }, (_, k) => from + k);
}
