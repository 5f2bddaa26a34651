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
    help: 'Which noise is paired with which data, how sharply, and what that costs',
  },
];

/** The tabs there are: only images have samples to look at one by one. */
export function tabsFor(images: boolean): FlowsTab[] {
  return all.filter((tab) => images || tab.id !== 'samples');
}

/** The chosen tab where it is there, else the first. */
export function shownTab(tabs: readonly FlowsTab[], chosen: string | null | undefined): FlowsTabId {
  return tabs.find((tab) => tab.id === chosen)?.id ?? tabs[0]!.id;
}
