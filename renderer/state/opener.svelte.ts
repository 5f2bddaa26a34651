/** @file Opening what was dropped or picked: in place on the desktop, sent in pieces to a server. */
import type { DatasetInfo } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import type { MongeShell } from '../engine/shell';
import type { Datasets } from './datasets.svelte';
import type { Notices } from './notices.svelte';

/** Bytes per piece: small enough to show progress and to cancel at once. */
const piece = 1024 * 1024;

export interface Upload {
  id: number;
  name: string;
  bytes: number;
  sent: number;
  cancelled: boolean;
}

export class Opener {
  uploads = $state<Upload[]>([]);
  /** True while anything is being opened. */
  busy = $state(false);
  readonly #engine: EngineClient;
  readonly #shell: MongeShell | null;
  readonly #datasets: Datasets;
  readonly #notices: Notices;
  #next = 1;

  constructor(engine: EngineClient, shell: MongeShell | null, datasets: Datasets, notices: Notices) {
    this.#engine = engine;
    this.#shell = shell;
    this.#datasets = datasets;
    this.#notices = notices;
  }

  /** Opens every file; answers the data sets in the order to show them. Failures become notices. */
  async openFiles(files: readonly File[]): Promise<DatasetInfo[]> {
    const ordered = labelsFirst(files);
    const group = files.length > 1 ? newGroup() : undefined;
    const opened: DatasetInfo[] = [];
    this.busy = true;
    try {
      for (const file of ordered) {
        try {
          const info = await this.#openOne(file, group);
          if (info) opened.push(info);
        } catch (thrown) {
          this.#notices.fail(`Could not open ${file.name}`, thrown);
        }
      }
    } finally {
      this.busy = false;
    }
    // Labels that were read into their images are no data set beside them.
    const joined = opened.flatMap((info) => info.companions ?? []);
    return opened
      .filter((info) => !joined.includes(info.path))
      .map((info) => this.#datasets.keep(info))
      .sort((a, b) => Number(isLabelFile(a.name)) - Number(isLabelFile(b.name)));
  }

  cancel(id: number): void {
    const upload = this.uploads.find((one) => one.id === id);
    if (upload) upload.cancelled = true;
  }

  async #openOne(file: File, group: string | undefined): Promise<DatasetInfo | null> {
    const path = this.#shell?.pathForFile(file);
    if (path) return this.#engine.api.openPath(path);
    return this.#send(file, group);
  }

  async #send(file: File, group: string | undefined): Promise<DatasetInfo | null> {
    const { api } = this.#engine;
    const id = this.#next++;
    this.uploads.push({ id, name: file.name, bytes: file.size, sent: 0, cancelled: false });
    const upload = this.uploads.at(-1)!;
    try {
      const { upload: key } = await api.beginUpload(file.name, file.size, ...(group ? [group] : []));
      try {
        for (let offset = 0; offset < file.size; offset += piece) {
          if (upload.cancelled) {
            await api.cancelUpload(key);
            this.#notices.info(`Stopped sending ${file.name}`);
            return null;
          }
          const bytes = new Uint8Array(await file.slice(offset, offset + piece).arrayBuffer());
          await api.appendUpload(key, offset, bytes);
          upload.sent = offset + bytes.length;
        }
        return await api.finishUpload(key);
      } catch (thrown) {
        // The first failure is the one to report; the engine also drops unfinished uploads by itself.
        await api.cancelUpload(key).catch(() => {});
        throw thrown;
      }
    } finally {
      this.uploads = this.uploads.filter((one) => one.id !== id);
    }
  }
}

/** Labels go before their images, so that the engine finds them when it opens the images. */
export function labelsFirst(files: readonly File[]): File[] {
  return [...files].sort((a, b) => Number(isLabelFile(b.name)) - Number(isLabelFile(a.name)));
}

/** Files of one drop lie in one folder on the engine's machine, where those that belong together find each other. */
function newGroup(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function isLabelFile(name: string): boolean {
  return /(^|[-_.])labels?[-_.]/i.test(name) && /idx|ubyte/i.test(name);
}
