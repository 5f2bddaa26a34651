/** @file What the next run of each method is given beside the open data set: ids by method and input, with Undo. */
import { SvelteMap } from 'svelte/reactivity';
import type {
  FileInfo,
  InputIds,
  InputInfo,
  Json,
  MethodInfo,
  ModelInfo,
  OpenedInfo,
  RunRecord,
} from '../../main/rpc/contract';
import type { Datasets } from './datasets.svelte';
import { shape } from '../../figures/format';
import { isDataset, isModel, type Models } from './models.svelte';
import { idsOf } from './references';
import { isActive, type Runs } from './runs.svelte';
import type { UndoHistory } from './undo.svelte';

/** One thing that could be an input. */
export interface Choice {
  id: string;
  title: string;
}

type Chosen = Readonly<Record<string, readonly string[]>>;

/** Where things to choose from are kept. */
interface Kept {
  datasets: Datasets;
  models: Models;
  runs: Runs;
}

export class ChosenInputs {
  #chosen = $state.raw<Chosen>({});
  /** Vectors, texts, and runs of other folders, as opened in this window. */
  readonly #files = new SvelteMap<string, FileInfo>();
  readonly #kept: Kept;
  readonly #undo: UndoHistory;
  readonly #changed: () => void;

  /** `changed` hears of every other choice. */
  constructor(kept: Kept, undo: UndoHistory, changed: () => void) {
    this.#kept = kept;
    this.#undo = undo;
    this.#changed = changed;
  }

  /** What was chosen; a language model that must be given is, until one is chosen, the one that is shown or was opened last. */
  of(method: MethodInfo, input: InputInfo): readonly string[] {
    const chosen = this.#chosen[`${method.id}.${input.name}`];
    if (chosen || input.kind !== 'model' || input.needs !== 'language' || input.optional) return chosen ?? [];
    return this.#languageModels()
      .slice(0, 1)
      .map(({ id }) => id);
  }

  /** Gives the method these, none with an empty list; Undo takes it back. */
  set(method: MethodInfo, input: InputInfo, ids: readonly string[]): void {
    const key = `${method.id}.${input.name}`;
    const before = this.of(method, input);
    const apply = (chosen: readonly string[]): void => {
      const others = Object.entries(this.#chosen).filter(([name]) => name !== key);
      this.#chosen = Object.fromEntries(chosen.length === 0 ? others : [...others, [key, chosen]]);
      this.#changed();
    };
    apply(ids);
    this.#undo.push({ title: input.title, undo: () => apply(before), redo: () => apply(ids) });
  }

  /** Takes one more where the input takes several, this one instead of another where it does not. */
  add(method: MethodInfo, input: InputInfo, id: string): void {
    const before = this.of(method, input).filter((one) => one !== id);
    this.set(method, input, input.several ? [...before, id] : [id]);
  }

  /** Keeps what was opened for an input, and gives it to the method. */
  take(method: MethodInfo, input: InputInfo, info: OpenedInfo): void {
    if (isModel(info)) this.#kept.models.keep(info);
    else if (isDataset(info)) this.#kept.datasets.keep(info);
    else this.#files.set(info.id, info);
    this.add(method, input, info.id);
  }

  /** What there is to choose from; `main` is the open data set, which the run has already. */
  choices(method: MethodInfo, input: InputInfo, main: string | undefined): Choice[] {
    const taken = mainInput(method)?.kind === 'dataset' && input.kind === 'dataset' ? main : undefined;
    const all = this.#offered(input).filter(({ id }) => id !== taken);
    const chosen = this.of(method, input).filter((id) => !all.some((one) => one.id === id));
    return [...all, ...chosen.map((id) => ({ id, title: id }))];
  }

  /** Ids by input of what a run with these settings makes use of; the main data set is no part of it. */
  idsFor(method: MethodInfo, settings: Readonly<Record<string, Json>>): InputIds {
    const used = furtherInputs(method, settings).flatMap((input): [string, string | string[]][] => {
      const ids = this.of(method, input);
      return ids.length === 0 ? [] : [[input.name, input.several ? [...ids] : ids[0]!]];
    });
    return Object.fromEntries(used);
  }

  /** Inputs whose choice differs from what the run was given; none where that is not known. */
  changedSince(run: RunRecord, method: MethodInfo, settings: Readonly<Record<string, Json>>): InputInfo[] {
    const given = idsOf(run);
    if (!given || run.method !== method.id) return [];
    const before = (input: InputInfo): string => [given[input.name] ?? []].flat().join();
    return furtherInputs(method, settings).filter((input) => before(input) !== this.of(method, input).join());
  }

  /** As the workspace keeps it over a reload. */
  get stored(): Record<string, string[]> {
    return Object.fromEntries(Object.entries(this.#chosen).map(([key, ids]) => [key, [...ids]]));
  }

  /** What was stored and is still there. An older version stored one id by input, whatever the method. */
  restore(
    stored: Readonly<Record<string, string | readonly string[]>>,
    methods: readonly MethodInfo[],
  ): void {
    const entries = methods.flatMap((method) =>
      method.inputs.map((input): [string, string[]] => {
        const key = `${method.id}.${input.name}`;
        const known = this.#offered(input).map(({ id }) => id);
        return [key, [stored[key] ?? stored[input.name] ?? []].flat().filter((id) => known.includes(id))];
      }),
    );
    this.#chosen = Object.fromEntries(entries.filter(([, ids]) => ids.length > 0));
  }

  /** A run that is gone is no input any more. */
  forget(id: string): void {
    const without = Object.entries(this.#chosen).map(([key, ids]): [string, readonly string[]] => [
      key,
      ids.filter((one) => one !== id),
    ]);
    this.#chosen = Object.fromEntries(without.filter(([, ids]) => ids.length > 0));
  }

  /** The shown one first, a shipped one too, then those opened before. */
  #languageModels(): ModelInfo[] {
    const { page, opened, recent } = this.#kept.models;
    const all = [...(page ? [page.info] : []), ...opened, ...recent];
    return all.filter(
      ({ id, language }, k) =>
        language && language.kind !== 'image' && all.findIndex((one) => one.id === id) === k,
    );
  }

  #offered(input: InputInfo): Choice[] {
    const { datasets, models, runs } = this.#kept;
    const files = [...this.#files.values()]
      .filter(({ format }) => format === input.kind)
      .map(({ id, name, about }) => ({ id, title: `${name} · ${about}` }));
    switch (input.kind) {
      case 'dataset':
        return [...datasets.byId.values()].map(({ id, name, rows, columns }) => ({
          id,
          title: `${name} · ${shape(rows, columns.length)}`,
        }));
      case 'model':
        return (input.needs === 'language' ? this.#languageModels() : models.recent).map(({ id, name }) => ({
          id,
          title: name,
        }));
      case 'run': {
        const own = runs.list.filter((run) => offers(run, input.method, input.files));
        // A run of this folder that was opened by its path is one of the list already.
        const others = files.filter(({ id }) => !own.some((run) => run.id === id));
        return [...own.map(({ id, name, status }) => ({ id, title: `${name} · ${status}` })), ...others];
      }
      default:
        return files;
    }
  }
}

/**
 * The input that the open data set is for: a data set, or the text that a method without one must have. Where several data
 * sets are taken they are a list of their own.
 */
export function mainInput(method: MethodInfo): InputInfo | undefined {
  const data = method.inputs.filter(({ kind, several }) => kind === 'dataset' && !several);
  const text = method.inputs.find(({ kind, optional }) => kind === 'text' && !optional);
  return data.find(({ optional }) => !optional) ?? data[0] ?? text;
}

/** Whether an input is read as words. */
export function readsWords(input: InputInfo): boolean {
  return input.kind === 'text' || (input.kind === 'dataset' && input.needs === 'text');
}

/** The inputs that are chosen beside the open data set, as far as these settings make use of them. */
export function furtherInputs(method: MethodInfo, settings: Readonly<Record<string, Json>>): InputInfo[] {
  const main = mainInput(method);
  return method.inputs.filter((input) => {
    const { key, values } = input.onlyWhen ?? { key: '', values: [] };
    const value = settings[key];
    return input !== main && (value === undefined || values.includes(value));
  });
}

/** Whether a run is of the method and rests, and has the artifacts that would be used. */
function offers(run: RunRecord, method: string | undefined, files: readonly string[]): boolean {
  if (isActive(run) || (method !== undefined && run.method !== method)) return false;
  return files.every((pattern) => {
    const [start, end] = pattern.replace(/^artifacts\//, '').split('*');
    if (!pattern.startsWith('artifacts/')) return true;
    return run.artifacts.some((name) => name.startsWith(start!) && name.endsWith(end ?? ''));
  });
}
