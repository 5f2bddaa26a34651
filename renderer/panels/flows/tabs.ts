/** @file The tabs of the Flows panel. */
import type { Tab } from '../shell/shell.svelte';

export type FlowsTabId = 'flow' | 'coupling' | 'samples' | 'curves' | 'claims';

const all: readonly Tab<FlowsTabId>[] = [
  {
    id: 'flow',
    title: 'Flow',
    help: 'Particles from noise to data, the loss and how straight the paths are',
  },
  {
    id: 'coupling',
    title: 'Coupling',
    help: 'How noise and data are paired: the pairs, their sharpness, and what n and ε change',
  },
  {
    id: 'samples',
    title: 'Samples',
    help: 'Generated images from the same noise over budgets, runs and classes',
  },
  {
    id: 'curves',
    title: 'Curves',
    help: 'Distance to real data over evaluations, training, pool size and cost',
  },
  { id: 'claims', title: 'Claims', help: 'What the papers say of couplings, tried here' },
];

/** The tabs there are: only images have samples to look at one by one. */
export function tabsFor(has: { images: boolean }): Tab<FlowsTabId>[] {
  return all.filter((tab) => has.images || tab.id !== 'samples');
}
