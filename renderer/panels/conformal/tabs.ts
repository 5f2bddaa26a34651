/** @file The tabs of the Conformal sets panel: what each shows, and what of the bar of controls it answers to. */
import type { Component } from 'svelte';
import type { Tab } from '../shell/shell.svelte';
import CalibrationTab from './calibration/CalibrationTab.svelte';
import ClassesTab from './classes/ClassesTab.svelte';
import CompareTab from './compare/CompareTab.svelte';
import ConditionalTab from './conditional/ConditionalTab.svelte';
import type { ConformalOverview } from './conformal.svelte';
import RegionsTab from './regions/RegionsTab.svelte';
import SizesTab from './sizes/SizesTab.svelte';

export type ConformalTabId =
  'regions' | 'classes' | 'calibration' | 'sizes' | 'conditional' | 'compare' | 'claims';

interface ConformalTab extends Tab<ConformalTabId> {
  /** What is shown; the claims are the shell's own. */
  side?: Component;
  /** What of the controls it answers to beside the level; without it there are none. */
  uses?: readonly ('scores' | 'row')[];
  /** The only problem that has it. */
  only?: ConformalOverview['task'];
}

const all: readonly ConformalTab[] = [
  {
    id: 'regions',
    title: 'Regions',
    help: 'The set of one row: what its targets may be, by each score',
    side: RegionsTab,
    uses: ['scores', 'row'],
    only: 'regression',
  },
  {
    id: 'classes',
    title: 'Classes',
    help: 'Sets of classes: how large they are, whom they cover, and the set of one row',
    side: ClassesTab,
    uses: ['scores', 'row'],
    only: 'classification',
  },
  {
    id: 'calibration',
    title: 'Calibration',
    help: 'Coverage at every level, the scores behind the threshold, and a second file',
    side: CalibrationTab,
    uses: ['scores'],
  },
  {
    id: 'sizes',
    title: 'Sizes',
    help: 'How large the sets are, row by row, and what that costs in coverage',
    side: SizesTab,
    uses: ['scores'],
    only: 'regression',
  },
  {
    id: 'conditional',
    title: 'Conditional',
    help: 'Where coverage is not what it is on average: slabs, clusters, features, targets',
    side: ConditionalTab,
    uses: [],
    only: 'regression',
  },
  {
    id: 'compare',
    title: 'Compare',
    help: 'Every score over the repeats, with differences to one of them',
    side: CompareTab,
    only: 'regression',
  },
  { id: 'claims', title: 'Claims', help: 'What the papers say of these sets, tried here' },
];

/** The tabs there are: of sets of classes the Classes tab says all but their calibration; sets of numbers have no classes. */
export function tabsFor(task: ConformalOverview['task']): ConformalTab[] {
  return all.filter(({ only }) => (only ?? task) === task);
}
