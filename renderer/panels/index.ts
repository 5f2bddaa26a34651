/** @file The panel of each method: its own where it has one, else the one that every method gets. */
import type { Component } from 'svelte';
import CapturePanel from './capture/CapturePanel.svelte';
import ConformalPanel from './conformal/ConformalPanel.svelte';
import FlowsPanel from './flows/FlowsPanel.svelte';
import GenericPanel from './shell/generic/GenericPanel.svelte';
import type { PanelProps } from './shell/panel';

const panels: Readonly<Record<string, Component<PanelProps>>> = {
  capture: CapturePanel,
  conformal: ConformalPanel,
  flows: FlowsPanel,
};

export function panelOf(method: string): Component<PanelProps> {
  return panels[method] ?? GenericPanel;
}
