/** @file The tabs of the Conformal sets panel, and which one is shown. */

export type ConformalTabId =
  'regions' | 'classes' | 'calibration' | 'sizes' | 'conditional' | 'compare' | 'claims';

export interface ConformalTab {
  id: ConformalTabId;
  title: string;
  help: string;
}

const all: readonly ConformalTab[] = [
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
export function tabsFor(task: 'regression' | 'classification'): ConformalTab[] {
  const without = task === 'classification' ? ['regions', 'sizes', 'conditional', 'compare'] : ['classes'];
  return all.filter((tab) => !without.includes(tab.id));
}

/** The chosen tab where it is there, else the first. */
export function shownTab(tabs: readonly ConformalTab[], chosen: string | null | undefined): ConformalTabId {
  return tabs.find((tab) => tab.id === chosen)?.id ?? tabs[0]!.id;
}

/** What of the bar of controls a tab answers to. */
export function controlsFor(tab: ConformalTabId): { alpha: boolean; scores: boolean; row: boolean } | null {
  if (tab === 'compare' || tab === 'claims') return null;
  return { alpha: true, scores: tab !== 'conditional', row: tab === 'regions' || tab === 'classes' };
}
