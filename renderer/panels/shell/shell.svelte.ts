/** @file What panels share without drawing it: which tab is shown, and what is asked again after a lost connection. */
import { untrack } from 'svelte';
import type { EngineClient } from '../../engine/client';
import type { Tab } from '../../parts/tabs';
import type { PanelProps } from './panel';

/** Which of the tabs is shown: the one that the app remembers, or, while nobody does, the one chosen here; else the first. */
export class TabChoice<Id extends string> {
  #own = $state<string | null>(null);
  readonly #tabs: () => readonly Tab<Id>[];
  readonly #props: () => Pick<PanelProps, 'tab' | 'ontab'>;

  constructor(tabs: () => readonly Tab<Id>[], props: () => Pick<PanelProps, 'tab' | 'ontab'>) {
    this.#tabs = tabs;
    this.#props = props;
  }

  get tabs(): readonly Tab<Id>[] {
    return this.#tabs();
  }

  get shown(): Id {
    const { tab, ontab } = this.#props();
    const chosen = ontab ? tab : this.#own;
    const { tabs } = this;
    return tabs.find(({ id }) => id === chosen)?.id ?? tabs[0]!.id;
  }

  choose(id: string): void {
    const { ontab } = this.#props();
    if (ontab) ontab(id);
    else this.#own = id;
  }
}

/** Calls `again` whenever the engine is back; to be called while a component is set up, before effects that ask. */
export function afterLoss(engine: EngineClient, again: () => void): void {
  let away = false;
  $effect(() => {
    if (!engine.connected) away = true;
    else if (away) {
      away = false;
      untrack(again);
    }
  });
}
