/** @file The data sets a person has opened: which lie where, with which roles, and the few kept open for previews. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MongeError } from '../../native-models/error';
import { openDataset } from '.';
import type { Dataset, DatasetInfo, Role } from '../contract/data';
import type { DatasetReference } from '../contract/inputs';
import { isMissing, writeAtomically } from '../disk/files';

const keptOpen = 4;
const recentLength = 30;

interface Opened {
  dataset: Dataset;
  roles: Record<string, Role>;
  users: number;
  /** No longer wanted: closed when the last user is done. */
  retired: boolean;
}

interface Recent {
  info: DatasetInfo;
  /** ISO 8601. */
  opened: string;
}

export class DatasetLibrary {
  /** In order of last use. */
  private readonly open = new Map<string, Opened>();
  private recents: Recent[] = [];
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly workspaceFolder: string) {}

  /** Reads the list of recent data sets; an unreadable list is only a lost convenience. */
  async load(): Promise<void> {
    await mkdir(join(this.workspaceFolder, 'roles'), { recursive: true });
    try {
      const stored = JSON.parse(await readFile(this.recentFile, 'utf8')) as unknown;
      this.recents = Array.isArray(stored) ? stored.filter(isRecent) : [];
    } catch {
      this.recents = [];
    }
  }

  /** Opens a file or folder in place, with the roles chosen for the same contents before. */
  openPath(path: string, sample?: string): Promise<DatasetInfo> {
    return this.inTurn(async () => (await this.openFile(resolve(path), sample)).dataset.info);
  }

  /** @throws `dataset-not-found`, `data-changed` where the file now holds something else. */
  async info(id: string): Promise<DatasetInfo> {
    return this.use(id, async (dataset) => dataset.info);
  }

  /** Works with an open data set; it is not closed under the work. */
  async use<T>(id: string, work: (dataset: Dataset) => Promise<T>): Promise<T> {
    const opened = await this.inTurn(async () => {
      const found = await this.find(id);
      found.users++;
      return found;
    });
    try {
      return await work(opened.dataset);
    } finally {
      opened.users--;
      if (opened.retired && opened.users === 0) await opened.dataset.close();
    }
  }

  /** What a run needs to find the data again and to know it by. */
  async reference(input: string, id: string): Promise<{ reference: DatasetReference; info: DatasetInfo }> {
    const { info, roles } = await this.inTurn(async () => {
      const found = await this.find(id);
      return { info: found.dataset.info, roles: found.roles };
    });
    const { name, path, sha256, rows } = info;
    return { reference: { input, kind: 'dataset', name, path, sha256, rows, roles: { ...roles } }, info };
  }

  /** Changes what columns are used for, for this content wherever it lies. @throws `column-unknown`, `role-invalid`. */
  setRoles(id: string, change: Readonly<Record<string, Role>>): Promise<DatasetInfo> {
    return this.inTurn(async () => {
      const before = await this.find(id);
      // There is one label: a new one takes the place of the one chosen before.
      const newLabel = Object.values(change).includes('label');
      const kept = Object.entries(before.roles).filter(([, role]) => !(newLabel && role === 'label'));
      const roles = { ...Object.fromEntries(kept), ...change };
      const { path, sample } = before.dataset.info;
      const dataset = await openDataset(path, { roles, sample });
      if (dataset.info.id !== id) {
        await dataset.close();
        throw changed(path, id, dataset.info.id);
      }
      await writeAtomically(this.rolesFile(id), JSON.stringify(roles, null, 1));
      await this.keep(dataset, roles);
      return dataset.info;
    });
  }

  /** Data sets opened last, newest first, each where it was opened last; those whose file is gone are left out. */
  async recent(): Promise<DatasetInfo[]> {
    const present = await Promise.all(
      this.recents.map(async ({ info }) =>
        stat(info.path).then(
          () => info,
          () => null,
        ),
      ),
    );
    // The same contents at two places are one data set: the older place counts once the newer one is gone.
    const byId = new Map<string, DatasetInfo>();
    for (const info of present) if (info && !byId.has(info.id)) byId.set(info.id, info);
    return [...byId.values()];
  }

  /** Where the data set of this id lies, or lay; null for none and for a shipped one. */
  placeOf(id: string): string | null {
    const open = this.open.get(id)?.dataset.info;
    const info = open ?? this.recents.find((recent) => recent.info.id === id)?.info;
    return info === undefined || info.sample !== undefined ? null : info.path;
  }

  async close(): Promise<void> {
    await this.inTurn(async () => {
      for (const id of [...this.open.keys()]) await this.retire(id);
    });
  }

  private get recentFile(): string {
    return join(this.workspaceFolder, 'recent.json');
  }

  private rolesFile(id: string): string {
    return join(this.workspaceFolder, 'roles', `${id}.json`);
  }

  private async find(id: string): Promise<Opened> {
    const opened = this.open.get(id);
    if (opened) {
      this.open.delete(id);
      this.open.set(id, opened);
      return opened;
    }
    const places = [...(await this.recent()), ...this.recents.map(({ info }) => info)];
    const known = places.find((info) => info.id === id);
    if (!known)
      throw new MongeError({
        code: 'dataset-not-found',
        what: 'no data set of this id was opened here',
        where: { key: 'data' },
        got: JSON.stringify(String(id).slice(0, 100)),
        help: 'open the file again',
      });
    const found = await this.openFile(known.path, known.sample);
    if (found.dataset.info.id !== id) throw changed(known.path, id, found.dataset.info.id);
    return found;
  }

  private async openFile(path: string, sample?: string): Promise<Opened> {
    const expected = this.recents.find(({ info }) => info.path === path)?.info.id;
    let roles = expected ? await this.storedRoles(expected) : {};
    // Roles chosen for another content of this file may name columns that are gone.
    let dataset = await openDataset(path, { roles, sample }).catch(async (error: unknown) => {
      if (Object.keys(roles).length === 0) throw error;
      roles = {};
      return openDataset(path, { sample });
    });
    const stored = await this.storedRoles(dataset.info.id);
    if (JSON.stringify(stored) !== JSON.stringify(roles)) {
      await dataset.close();
      roles = stored;
      dataset = await openDataset(path, { roles, sample });
    }
    return this.keep(dataset, roles);
  }

  private async keep(dataset: Dataset, roles: Record<string, Role>): Promise<Opened> {
    const { info } = dataset;
    await this.retire(info.id);
    const opened: Opened = { dataset, roles, users: 0, retired: false };
    this.open.set(info.id, opened);
    for (const id of [...this.open.keys()]) {
      if (this.open.size <= keptOpen) break;
      await this.retire(id);
    }
    // What was read into another data set, such as the labels of images, is not one of its own in the list.
    const covered = [info.path, ...(info.linkedFiles ?? [])];
    const others = this.recents.filter((recent) => !covered.includes(recent.info.path));
    this.recents = [{ info, opened: new Date().toISOString() }, ...others].slice(0, recentLength);
    await writeAtomically(this.recentFile, JSON.stringify(this.recents, null, 1));
    return opened;
  }

  private async retire(id: string): Promise<void> {
    const opened = this.open.get(id);
    if (!opened) return;
    this.open.delete(id);
    opened.retired = true;
    if (opened.users === 0) await opened.dataset.close();
  }

  private async storedRoles(id: string): Promise<Record<string, Role>> {
    try {
      return JSON.parse(await readFile(this.rolesFile(id), 'utf8')) as Record<string, Role>;
    } catch (error) {
      if (isMissing(error) || error instanceof SyntaxError) return {};
      throw error;
    }
  }

  /** Opening and closing take turns, so that one file is not opened twice at once. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}

function isRecent(value: unknown): value is Recent {
  const info = (value as Partial<Recent> | null)?.info as Partial<DatasetInfo> | undefined;
  return typeof info?.path === 'string' && typeof info.id === 'string' && /^[0-9a-f]{16}$/.test(info.id);
}

function changed(path: string, expected: string, got: string): MongeError {
  return new MongeError({
    code: 'data-changed',
    blame: 'input',
    what: 'the file holds something else than when it was opened',
    where: { file: path },
    got: `SHA-256 ${got}…`,
    expected: `${expected}…`,
    help: 'open the file again',
  });
}
