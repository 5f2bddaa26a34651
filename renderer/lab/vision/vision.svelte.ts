/** @file A model of images being looked at: its pictures, the hook and the patch that are chosen, and what the engine answered. */
import type {
  ErrorDetail,
  HookFacts,
  PatchAttention,
  PatchColours,
  PatchLikeness,
  ReadPicture,
  VisionAnswers,
  VisionQuestion,
} from '../../../main/rpc/contract';
import type { EngineClient } from '../../engine/client';
import { detailOf } from '../../engine/error';
import { askLanguage } from '../ask';
import type { LabState } from '../lab.svelte';
import { Newest } from '../newest';

/** A picture with what draws it. */
export interface LabPicture extends ReadPicture {
  file: Uint8Array;
  canvas: HTMLCanvasElement;
}

/** A patch of one of the pictures. */
export interface ChosenPatch {
  picture: string;
  patch: number;
}

/** What components are fitted on: the picture that is shown, all of them, one of them by its id, or nothing, by a recipe. */
export type FitChoice = 'shown' | 'all' | 'recipe' | `of ${string}`;

const largestFile = 64 * 2 ** 20;
/** All pictures that are kept in hand. */
const most = 32;

export class VisionState {
  pictures = $state.raw<readonly LabPicture[]>([]);
  /** The id of the one that is shown. */
  shown = $state<string | null>(null);
  role = $state('resid_post');
  /** Place among the hooks of the role. */
  place = $state(0);
  opacity = $state(0.75);
  fit = $state<FitChoice>('shown');
  recipe = $state.raw<{ name: string; text: string } | null>(null);
  chosen = $state.raw<ChosenPatch | null>(null);
  hovered = $state<number | null>(null);
  /** Whether attention is from the class token, whatever patch is chosen. */
  fromClass = $state(true);
  /** The head that is shown large; null for the mean of all. */
  head = $state<number | null>(null);
  colours = $state.raw<PatchColours | null>(null);
  likeness = $state.raw<PatchLikeness | null>(null);
  attention = $state.raw<PatchAttention | null>(null);
  /** Of the picture that was handed over last. */
  pictureError = $state.raw<ErrorDetail | null>(null);
  coloursError = $state.raw<ErrorDetail | null>(null);
  likenessError = $state.raw<ErrorDetail | null>(null);
  attentionError = $state.raw<ErrorDetail | null>(null);
  reading = $state(false);
  readonly #engine: EngineClient;
  readonly #lab: LabState;
  readonly #colours = new Newest(() => this.#askColours());
  readonly #likeness = new Newest(() => this.#askLikeness());
  readonly #attention = new Newest(() => this.#askAttention());

  constructor(engine: EngineClient, lab: LabState) {
    this.#engine = engine;
    this.#lab = lab;
    this.place = Math.max(0, this.hooks.length - 1);
  }

  /** Roles with a state at every patch, in the order of the model. */
  get roles(): string[] {
    const all = this.#lab.facts.hooks.filter(({ role }) => role !== 'pattern').map(({ role }) => role);
    return all.filter((role, at) => all.indexOf(role) === at);
  }

  /** Hooks of the role, layer by layer. */
  get hooks(): HookFacts[] {
    return this.#lab.facts.hooks.filter(({ role }) => role === this.role);
  }

  get hook(): HookFacts {
    const { hooks } = this;
    return hooks[Math.min(this.place, hooks.length - 1)]!;
  }

  /** The block whose attention is shown. */
  get layer(): number {
    const last = this.#lab.facts.layers - 1;
    return this.hook.layer ?? (this.hook.role === 'norm_final' ? last : 0);
  }

  get picture(): LabPicture | null {
    return this.pictures.find(({ id }) => id === this.shown) ?? null;
  }

  /** The patch that is chosen, where it is one of the shown picture. */
  get patch(): number | null {
    return this.chosen?.picture === this.shown ? (this.chosen?.patch ?? null) : null;
  }

  /** Who reads: the class token, or the chosen patch of this picture. */
  get reader(): 'class' | number {
    return this.fromClass ? 'class' : (this.patch ?? 'class');
  }

  setRole(role: string): void {
    const layer = this.hook.layer;
    this.role = role;
    const at = this.hooks.findIndex((one) => one.layer === layer);
    this.place = at >= 0 ? at : 0;
  }

  /** Goes to a hook of the tree. */
  show({ role, layer }: Pick<HookFacts, 'role' | 'layer'>): void {
    if (role !== 'pattern') this.role = role;
    this.place = Math.max(
      0,
      this.hooks.findIndex((one) => one.layer === layer),
    );
  }

  choose(patch: number): void {
    if (!this.shown) return;
    const same = this.chosen?.picture === this.shown && this.chosen.patch === patch;
    this.chosen = same ? null : { picture: this.shown, patch };
    this.fromClass = same;
  }

  /** Reads files as pictures and shows the last; what cannot be read is said. */
  async add(files: readonly File[]): Promise<void> {
    this.reading = true;
    this.pictureError = null;
    try {
      for (const file of files) await this.#add(file);
    } catch (thrown) {
      this.pictureError = detailOf(thrown);
    } finally {
      this.reading = false;
    }
  }

  remove(id: string): void {
    this.pictures = this.pictures.filter((one) => one.id !== id);
    if (this.shown === id) this.shown = this.pictures.at(-1)?.id ?? null;
    if (this.chosen?.picture === id) this.chosen = null;
    if (this.fit === `of ${id}`) this.fit = 'shown';
    this.pictureError = null;
  }

  /** Takes a recipe that was kept and goes to its hook. */
  async takeRecipe(file: File): Promise<void> {
    const text = await file.text();
    this.recipe = { name: file.name, text };
    this.fit = 'recipe';
    const hook = /"hook":\s*"([\w:]+)"/.exec(text)?.[1];
    const known = this.#lab.facts.hooks.find(({ id }) => id === hook);
    if (known) this.show(known);
  }

  followColours(): void {
    this.#colours.want(undefined);
  }

  followLikeness(): void {
    this.#likeness.want(undefined);
  }

  followAttention(): void {
    this.#attention.want(undefined);
  }

  async #add(file: File): Promise<void> {
    if (file.size > largestFile) throw new Error(`${file.name} is larger than 64 MB`);
    const bytes = new Uint8Array(await file.arrayBuffer());
    const read = await this.#ask({ kind: 'picture', name: file.name, bytes });
    const others = this.pictures.filter(({ id }) => id !== read.id).slice(-(most - 1));
    this.pictures = [...others, { ...read, file: bytes, canvas: canvasOf(read) }];
    this.shown = read.id;
  }

  async #askColours(): Promise<void> {
    const { shown, fit, recipe } = this;
    if (!shown) return;
    const hook = this.hook.id;
    const ids =
      fit === 'all' ? this.pictures.map(({ id }) => id) : fit.startsWith('of ') ? [fit.slice(3)] : [shown];
    try {
      const text = fit === 'recipe' && recipe ? { recipe: recipe.text } : {};
      this.colours = await this.#ask({ kind: 'patch-colours', picture: shown, hook, fit: ids, ...text });
      this.coloursError = null;
    } catch (thrown) {
      [this.colours, this.coloursError] = [null, detailOf(thrown)];
    }
  }

  async #askLikeness(): Promise<void> {
    const { shown, chosen } = this;
    if (!shown || !chosen) {
      this.likeness = null;
      return;
    }
    try {
      const hook = this.hook.id;
      this.likeness = await this.#ask({ kind: 'patch-likeness', picture: shown, hook, to: chosen });
      this.likenessError = null;
    } catch (thrown) {
      [this.likeness, this.likenessError] = [null, detailOf(thrown)];
    }
  }

  async #askAttention(): Promise<void> {
    const { shown, layer, reader } = this;
    if (!shown) return;
    try {
      this.attention = await this.#ask({ kind: 'patch-attention', picture: shown, layer, from: reader });
      this.attentionError = null;
    } catch (thrown) {
      [this.attention, this.attentionError] = [null, detailOf(thrown)];
    }
  }

  /** A process that was replaced knows no picture any more: all are handed over again, once. */
  async #ask<Q extends VisionQuestion>(question: Q): Promise<VisionAnswers[Q['kind']]> {
    const ask = async (): Promise<VisionAnswers[Q['kind']]> =>
      await askLanguage(this.#engine, this.#lab.info.id, question);
    try {
      return await ask();
    } catch (thrown) {
      if (detailOf(thrown).code !== 'picture-unknown') throw thrown;
      for (const { name, file } of this.pictures)
        await askLanguage(this.#engine, this.#lab.info.id, { kind: 'picture', name, bytes: file });
      return ask();
    }
  }
}

const kept = new WeakMap<LabState, VisionState>();

/** The pictures of a lab, as they were left. */
export function visionOf(engine: EngineClient, lab: LabState): VisionState {
  const known = kept.get(lab) ?? new VisionState(engine, lab);
  kept.set(lab, known);
  return known;
}

export function isPictureFile({ name, type }: Pick<File, 'name' | 'type'>): boolean {
  return /\.(png|jpe?g)$/i.test(name) || type === 'image/png' || type === 'image/jpeg';
}

function canvasOf({ shown: { width, height, pixels } }: ReadPicture): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const bytes = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let at = 0; at < width * height; at += 1)
    for (let channel = 0; channel < 3; channel += 1) bytes[at * 4 + channel] = pixels[at * 3 + channel]!;
  canvas.getContext('2d')?.putImageData(new ImageData(bytes, width, height), 0, 0);
  return canvas;
}
