/** @file The icons that a method may take, drawn. */
import type { Component } from 'svelte';
import type { LucideProps } from '@lucide/svelte';
import type { IconName } from '../../main/rpc/contract';
import ArrowRightLeft from '@lucide/svelte/icons/arrow-right-left';
import Atom from '@lucide/svelte/icons/atom';
import Binary from '@lucide/svelte/icons/binary';
import Blend from '@lucide/svelte/icons/blend';
import Boxes from '@lucide/svelte/icons/boxes';
import Brain from '@lucide/svelte/icons/brain';
import ChartLine from '@lucide/svelte/icons/chart-line';
import ChartScatter from '@lucide/svelte/icons/chart-scatter';
import CircleDotDashed from '@lucide/svelte/icons/circle-dot-dashed';
import Compass from '@lucide/svelte/icons/compass';
import Eye from '@lucide/svelte/icons/eye';
import FlaskConical from '@lucide/svelte/icons/flask-conical';
import Funnel from '@lucide/svelte/icons/funnel';
import Gauge from '@lucide/svelte/icons/gauge';
import Grid3x3 from '@lucide/svelte/icons/grid-3x3';
import Image from '@lucide/svelte/icons/image';
import Layers from '@lucide/svelte/icons/layers';
import MessageSquareText from '@lucide/svelte/icons/message-square-text';
import Microscope from '@lucide/svelte/icons/microscope';
import Network from '@lucide/svelte/icons/network';
import Puzzle from '@lucide/svelte/icons/puzzle';
import Radar from '@lucide/svelte/icons/radar';
import Ruler from '@lucide/svelte/icons/ruler';
import Scale from '@lucide/svelte/icons/scale';
import ScanSearch from '@lucide/svelte/icons/scan-search';
import Search from '@lucide/svelte/icons/search';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import ShipWheel from '@lucide/svelte/icons/ship-wheel';
import Shuffle from '@lucide/svelte/icons/shuffle';
import Sigma from '@lucide/svelte/icons/sigma';
import SlidersHorizontal from '@lucide/svelte/icons/sliders-horizontal';
import Target from '@lucide/svelte/icons/target';
import Trees from '@lucide/svelte/icons/trees';
import Waypoints from '@lucide/svelte/icons/waypoints';

export const icons: Readonly<Record<IconName, Component<LucideProps>>> = {
  'arrow-right-left': ArrowRightLeft,
  atom: Atom,
  binary: Binary,
  blend: Blend,
  boxes: Boxes,
  brain: Brain,
  'chart-line': ChartLine,
  'chart-scatter': ChartScatter,
  'circle-dot-dashed': CircleDotDashed,
  compass: Compass,
  eye: Eye,
  'flask-conical': FlaskConical,
  funnel: Funnel,
  gauge: Gauge,
  'grid-3x3': Grid3x3,
  image: Image,
  layers: Layers,
  'message-square-text': MessageSquareText,
  microscope: Microscope,
  network: Network,
  puzzle: Puzzle,
  radar: Radar,
  ruler: Ruler,
  scale: Scale,
  'scan-search': ScanSearch,
  search: Search,
  'shield-check': ShieldCheck,
  'ship-wheel': ShipWheel,
  shuffle: Shuffle,
  sigma: Sigma,
  'sliders-horizontal': SlidersHorizontal,
  target: Target,
  trees: Trees,
  waypoints: Waypoints,
};
