/** @file One model being looked at: which graph, what is expanded, which box is chosen, and its profile. */
import type {
  ErrorDetail,
  ModelInfo,
  ModelItem,
  ModelNodeInfo,
  ModelView,
  NodeHit,
  ProfileRequest,
  StoredTensor,
} from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { detailOf } from '../engine/error';
import type { Notices } from './notices.svelte';

export class ModelPage {
  readonly info: ModelInfo;
  graph = $state(0);
  view = $state.raw<ModelView | null>(null);
  /** The box that the keyboard is on and the inspector tells of; a frame counts as its block. */
  chosen = $state<string | null>(null);
  node = $state.raw<ModelNodeInfo | null>(null);
  error = $state.raw<ErrorDetail | null>(null);
  /** True while the engine makes a picture. */
  busy = $state(false);
  profiling = $state<'no' | 'running' | 'stopping'>('no');
  profileError = $state.raw<ErrorDetail | null>(null);
  request = $state.raw<ProfileRequest>({ sizes: {}, runs: 5, optimisation: 'basic' });
  /** Of a checkpoint; null until they are there. */
  tensors = $state.raw<readonly StoredTensor[] | null>(null);
  readonly #engine: EngineClient;
  readonly #notices: Notices;
  /** Values of hooks: boxes say which of them they make. */
  readonly #values: string[];
  /** Paths of the expanded blocks by graph. */
  readonly #open: Record<number, readonly string[]> = {};
  #asked = 0;

  constructor(engine: EngineClient, info: ModelInfo, notices: Notices) {
    this.#engine = engine;
    this.#notices = notices;
    this.info = info;
    const hooks = info.language?.hooks ?? [];
    this.#values = hooks.flatMap(({ value }) => (value === undefined ? [] : [value]));
  }

  get openPaths(): readonly string[] {
    return this.#open[this.graph] ?? [];
  }

  /** The body that holds nearly everything, while the main graph is shown. */
  get bodyToOpen(): number | null {
    return this.graph === 0 ? this.info.mainBody : null;
  }

  get item(): ModelItem | null {
    return this.view?.items.find((one) => one.id === this.chosen) ?? null;
  }

  /** Asks for the picture as it should be now; of several questions the last answer counts. */
  async refresh(): Promise<void> {
    const asked = ++this.#asked;
    this.busy = true;
    try {
      if (this.info.checkpoint) this.tensors ??= await this.#engine.api.modelTensors(this.info.id);
      if (this.info.graphs.length === 0) return;
      const values = this.#values.length > 0 ? { values: this.#values } : {};
      const request = { graph: this.graph, open: [...this.openPaths], ...values };
      const view = await this.#engine.api.viewModel(this.info.id, request);
      if (asked !== this.#asked) return;
      this.view = view;
      this.error = null;
      const ids = [...view.items, ...view.frames].map(({ id }) => id);
      if (this.chosen !== null && !ids.includes(this.chosen)) this.choose(null);
      else if (this.node) void this.#loadNode(this.node.index);
    } catch (thrown) {
      if (asked === this.#asked) this.error = detailOf(thrown);
    } finally {
      if (asked === this.#asked) this.busy = false;
    }
  }

  choose(id: string | null): void {
    this.chosen = id;
    const node = this.item?.node ?? null;
    if (node === null) this.node = null;
    else if (node !== this.node?.index) void this.#loadNode(node);
  }

  /** Expands a block, or collapses it again. */
  async toggle(path: string): Promise<void> {
    const open = this.openPaths;
    const collapses = open.includes(path);
    await this.#setOpen(collapses ? open.filter((one) => one !== path) : [...open, path]);
    const left = this.view?.leftCollapsed ?? [];
    if (!collapses && left.includes(path)) {
      await this.#setOpen(open);
      this.#notices.add({
        level: 'warn',
        text: 'Expanding this would show more boxes than can be read. Collapse another block first.',
      });
    }
  }

  foldAll(): Promise<void> {
    return this.#setOpen([]);
  }

  async enter(graph: number, chosen: string | null = null): Promise<void> {
    this.graph = graph;
    this.chosen = chosen;
    this.node = null;
    await this.refresh();
    this.choose(chosen);
  }

  /** One step out: collapses the block around what is chosen, else leaves the body. False when there is nothing around. */
  up(): boolean {
    const { view, chosen } = this;
    if (!view) return false;
    const frame = view.frames.find((one) => one.id === chosen);
    const parent = this.item?.parent ?? frame?.id ?? null;
    const around = view.frames.find((one) => one.id === parent);
    if (around) {
      this.chosen = around.id;
      void this.toggle(around.path);
      return true;
    }
    const outer = this.info.graphs[this.graph]?.parent;
    if (!outer) return false;
    void this.enter(outer.graph, `n${outer.node}`);
    return true;
  }

  find(text: string): Promise<NodeHit[]> {
    return this.#engine.api.findNodes(this.info.id, text);
  }

  /** Goes to a node: its graph, with the blocks around it expanded. */
  async reveal({ node, graph, blocks }: Pick<NodeHit, 'node' | 'graph' | 'blocks'>): Promise<void> {
    this.graph = graph;
    this.#open[graph] = [...this.openPaths, ...blocks.filter((path) => !this.openPaths.includes(path))];
    await this.refresh();
    // Where too much was expanded before, only the way to the node stays.
    if (!this.view?.items.some((item) => item.node === node)) await this.#setOpen(blocks);
    this.choose(`n${node}`);
  }

  /** The same for a node known by its number only. */
  async revealNode(index: number): Promise<void> {
    const { graph, blocks } = await this.#engine.api.modelNode(this.info.id, index);
    await this.reveal({ node: index, graph, blocks });
  }

  /** Goes to the node that makes a value of the main graph, through the blocks around it; nothing happens where there is none. */
  async revealValue(value: string): Promise<void> {
    if (this.graph !== 0 || !this.view) {
      this.graph = 0;
      await this.refresh();
    }
    const way: string[] = [];
    for (;;) {
      const box = this.view?.items.find(({ makes }) => makes?.includes(value));
      if (!box || (box.kind === 'block' && way.includes(box.name))) return;
      if (box.kind !== 'block') return this.choose(box.id);
      way.push(box.name);
      await this.#setOpen([...this.openPaths, box.name]);
      // Where too much was expanded before, only the way to the node stays.
      if (this.view?.leftCollapsed.includes(box.name)) await this.#setOpen([...way]);
    }
  }

  async profile(): Promise<void> {
    if (this.profiling !== 'no') return;
    this.profiling = 'running';
    this.profileError = null;
    try {
      await this.#engine.api.profileModel(this.info.id, this.request);
      await this.refresh();
    } catch (thrown) {
      const detail = detailOf(thrown);
      if (detail.code === 'profile-stopped') this.#notices.info('The profile was stopped.');
      else this.profileError = detail;
    } finally {
      this.profiling = 'no';
    }
  }

  async stopProfile(): Promise<void> {
    if (this.profiling !== 'running') return;
    this.profiling = 'stopping';
    await this.#engine.api.stopProfile().catch(() => {});
  }

  /** All nodes of the shown graph as CSV text. */
  async csv(): Promise<string> {
    const file = await this.#engine.api.exportNodes(this.info.id, this.graph);
    return new TextDecoder().decode(file.bytes);
  }

  async #setOpen(paths: readonly string[]): Promise<void> {
    this.#open[this.graph] = paths;
    await this.refresh();
  }

  async #loadNode(index: number): Promise<void> {
    try {
      const node = await this.#engine.api.modelNode(this.info.id, index);
      if (this.item?.node === index) this.node = node;
    } catch (thrown) {
      this.error = detailOf(thrown);
    }
  }
}
