/** @file What the panel hands to other views: a statement or a direction to the lab, a direction to Steer or to a file. */
import { createContext } from 'svelte';
import type { PanelProps } from '../shell/panel';
import type { Answer, ProbePosition } from './probes.svelte';

type Direction = Answer<'direction'>;

/** What the lab is to show of the run's model. */
interface LabWish {
  text?: string;
  block: number;
  position: ProbePosition;
  direction?: Pick<Direction, 'name' | 'values' | 'hook'>;
}

interface HandOver {
  lab: (wish: LabWish) => Promise<void>;
  /** Gives the file to Steer as the direction that it shifts along; null where it takes none. */
  steer: ((file: Direction['file']) => Promise<void>) | null;
}

/** Tokens from the end, 0 the last; null where a position is no single token. */
export function fromEnd(position: ProbePosition): number | 'first' | null {
  if (position === 'last' || position === 'answer-end') return 0;
  if (position === 'first') return 'first';
  return position === 'mean' || position === 'prompt' ? null : -Number(position) - 1;
}

/** What the app offers, in the panel's words. */
export function handOverOf(props: () => Pick<PanelProps, 'run' | 'onlab' | 'ongive'>): HandOver {
  return {
    lab: async ({ text, block, position, direction }) => {
      const { run, onlab } = props();
      const model = run?.inputs.find(({ kind }) => kind === 'model');
      if (!model || !onlab) return;
      await onlab(model, {
        ...(text !== undefined && { text }),
        ...{ layer: block, token: fromEnd(position) },
        ...(direction && {
          direction: { name: direction.name, values: direction.values, hook: direction.hook },
        }),
      });
    },
    get steer() {
      const { ongive } = props();
      const given = ongive?.('steer', 'maps');
      return given ?? null;
    },
  };
}

export const [getHandOver, setHandOver] = createContext<HandOver>();
