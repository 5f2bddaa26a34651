/** @file The tabs of the Conformal sets panel. */
import type { Tab } from '../shell/shell.svelte';

export type ConformalTabId =
  'regions' | 'classes' | 'calibration' | 'sizes' | 'conditional' | 'compare' | 'claims';

const all: readonly Tab<ConformalTabId>[] = [
  { id: 'regions', title: 'Regions', help: 'The set of one row: what its targets may be, by each score' },
  {
    id: 'classes',
    title: 'Classes',
    help: 'Sets of classes: how large they are, whom they cover, and the set of one row',
  },
  {
    id: 'calibration',
    title: 'Calibration',
    help: 'Coverage at every level, the scores behind the threshold, and a second file',
  },
  {
    id: 'sizes',
    title: 'Sizes',
    help: 'How large the sets are, row by row, and what that costs in coverage',
  },
  {
    id: 'conditional',
    title: 'Conditional',
    help: 'Where coverage is not what it is on average: slabs, clusters, features, targets',
  },
  { id: 'compare', title: 'Compare', help: 'Every score over the repeats, with differences to one of them' },
  { id: 'claims', title: 'Claims', help: 'What the papers say of these sets, tried here' },
];

/** The tabs there are: of sets of classes the Classes tab says all but their calibration; sets of numbers have no classes. */
export function tabsFor(task: 'regression' | 'classification'): Tab<ConformalTabId>[] {
  const without = task === 'classification' ? ['regions', 'sizes', 'conditional', 'compare'] : ['classes'];
  return all.filter((tab) => !without.includes(tab.id));
}

/** What of the bar of controls a tab answers to. */
export function controlsFor(tab: ConformalTabId): { alpha: boolean; scores: boolean; row: boolean } | null {
  if (tab === 'compare' || tab === 'claims') return null;
  return { alpha: true, scores: tab !== 'conditional', row: tab === 'regions' || tab === 'classes' };
}
