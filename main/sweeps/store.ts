/** @file The folders of studies: `<runs>/studies/<id>/` with its journal and a folder of runs. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongeError } from '../../native-models/error';
import { isMissing, makeFolder, renameWithRetry } from '../disk/files';
import { isRunId, newRunId } from '../disk/names';

const TRASH = '.trash';

export class StudyStore {
  readonly folder: string;

  constructor(runsFolder: string) {
    this.folder = join(runsFolder, 'studies');
  }

  /** @throws `study-not-found` for what is no id */
  of(id: string): string {
    if (!isRunId(id)) throw notFound(id);
    return join(this.folder, id);
  }

  journal(id: string): string {
    return join(this.of(id), 'journal.jsonl');
  }

  trials(id: string): string {
    return join(this.of(id), 'trials');
  }

  /** Ids of all studies, newest first. */
  async list(): Promise<string[]> {
    const entries = await readdir(this.folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    const ids = entries.filter((entry) => entry.isDirectory() && isRunId(entry.name)).map(({ name }) => name);
    return ids.sort().reverse();
  }

  /** A new folder. */
  async create(method: string, now: Date): Promise<string> {
    await makeFolder(this.folder);
    for (;;) {
      const id = newRunId(`${method}-study`, now);
      try {
        await mkdir(this.of(id));
        await mkdir(this.trials(id));
        return id;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  /** Moves a study to the trash, or back. */
  async move(id: string, where: 'trash' | 'back'): Promise<void> {
    const [folder, trashed] = [this.of(id), join(this.folder, TRASH, id)];
    await mkdir(join(this.folder, TRASH), { recursive: true });
    const [from, to] = where === 'trash' ? [folder, trashed] : [trashed, folder];
    await renameWithRetry(from, to).catch((error: unknown) => {
      throw isMissing(error) ? notFound(id) : error;
    });
  }
}

export function notFound(id: unknown): MongeError {
  return new MongeError({
    code: 'study-not-found',
    blame: 'input',
    what: 'there is no such study',
    where: { key: 'study' },
    got: JSON.stringify(String(id).slice(0, 200)),
    help: '`monge sweep --list` lists them',
  });
}
