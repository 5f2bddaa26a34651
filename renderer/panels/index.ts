/** @file The panel of each method: its own where it has one, else the one that every method gets. */
import type { Component } from 'svelte';
import type { EngineClient } from '../engine/client';
import CapturePanel from './capture/CapturePanel.svelte';
import ConformalPanel from './conformal/ConformalPanel.svelte';
import FlowsPanel from './flows/FlowsPanel.svelte';
import GenericPanel from './shell/generic/GenericPanel.svelte';
import type { PanelProps } from './shell/panel';
import SteerHead from './steer/SteerHead.svelte';
import SteerPanel from './steer/SteerPanel.svelte';

const panels: Readonly<Record<string, Component<PanelProps>>> = {
  capture: CapturePanel,
  conformal: ConformalPanel,
  flows: FlowsPanel,
  steer: SteerPanel,
};

/** Methods whose panel is the place to choose what a run is given: it is shown before any data set is open. */
const starting: ReadonlySet<string> = new Set(['steer']);

/** What stands over the settings of a method while its panel is shown. */
export function headOf(method: string): Component<{ engine: EngineClient }> | null {
  return method === 'steer' ? SteerHead : null;
}

export function startsItself(method: string): boolean {
  return starting.has(method);
}

export function panelOf(method: string): Component<PanelProps> {
  return panels[method] ?? GenericPanel;
}
