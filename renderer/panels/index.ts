/** @file The panel of each method, by the method's id. */
import type { Component } from 'svelte';
import ConformalPanel from './conformal/ConformalPanel.svelte';
import FlowsPanel from './flows/FlowsPanel.svelte';
import type { PanelProps } from './shell/panel';

export type { PanelProps } from './shell/panel';

export const panels: Record<string, Component<PanelProps>> = {
  conformal: ConformalPanel,
  flows: FlowsPanel,
};
