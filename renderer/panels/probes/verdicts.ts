/** @file How a claim of the paper stands in a run, in a word and a tone. */
import type { ProbeMatrix } from './probes.svelte';

type Verdict = ProbeMatrix['claims'][number]['verdict'];

export const verdictTitles: Readonly<
  Record<Verdict, { title: string; tone: 'good' | 'warn' | 'bad' | 'second' }>
> = {
  holds: { title: 'holds', tone: 'good' },
  part: { title: 'in part', tone: 'warn' },
  absent: { title: 'not here', tone: 'bad' },
  unknown: { title: 'not known', tone: 'second' },
};
