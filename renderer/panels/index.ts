/** @file The panel of each method: its own where it has one, else the one that every method gets. */
import type { Component } from 'svelte';
import CapturePanel from './capture/CapturePanel.svelte';
import ConformalPanel from './conformal/ConformalPanel.svelte';
import FlowsPanel from './flows/FlowsPanel.svelte';
import Findings from './probes/inspector/Findings.svelte';
import Headline from './probes/inspector/Headline.svelte';
import ProbesPanel from './probes/ProbesPanel.svelte';
import GenericPanel from './shell/generic/GenericPanel.svelte';
import SteerHead from './steer/SteerHead.svelte';
import SteerPanel from './steer/SteerPanel.svelte';
import type { AsideProps, PanelProps } from './shell/panel';

const panels: Readonly<Record<string, Component<PanelProps>>> = {
  capture: CapturePanel,
  conformal: ConformalPanel,
  flows: FlowsPanel,
  steer: SteerPanel,
  probes: ProbesPanel,
};

/** What a method shows in the inspector: above its settings, and over its numbers. */
interface Aside {
  above: Component<AsideProps>;
  over: Component<AsideProps> | null;
}
const asides: Readonly<Record<string, Aside>> = {
  probes: { above: Headline, over: Findings },
  steer: { above: SteerHead, over: null },
};

/** Methods whose panel is the place to choose what a run is given: it is shown before any data set is open. */
const starting: ReadonlySet<string> = new Set(['steer']);

export function startsItself(method: string): boolean {
  return starting.has(method);
}

export function panelOf(method: string): Component<PanelProps> {
  return panels[method] ?? GenericPanel;
}

export function asideOf(method: string): Aside | null {
  return asides[method] ?? null;
}
