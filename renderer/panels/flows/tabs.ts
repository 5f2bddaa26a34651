/** @file The tabs of the Flows panel, and which one is shown. */

export type FlowsTabId = 'flow' | 'coupling' | 'samples' | 'curves' | 'claims';

export interface FlowsTab {
  id: FlowsTabId;
  title: string;
  help: string;
}

const all: readonly FlowsTab[] = [
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
export function tabsFor(has: { images: boolean }): FlowsTab[] {
  return all.filter((tab) => has.images || tab.id !== 'samples');
}

/** The chosen tab where it is there, else the first. */
export function shownTab(tabs: readonly FlowsTab[], chosen: string | null | undefined): FlowsTabId {
  return tabs.find((tab) => tab.id === chosen)?.id ?? tabs[0]!.id;
}
