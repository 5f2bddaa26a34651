/** @file Opening what was dropped or picked: in place on the desktop, sent in pieces to a server. */
import type { ErrorDetail, InputKind, MongeBridge, OpenedInfo } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { detailOf } from '../engine/error';
import { folderLimits, kindOfFolder, packFolder, type Folder, type FolderFile } from './image-folder';
import { count, plural } from '../../figures/format';
import { isDataset } from './models.svelte';
import type { Notice, Notices } from './notices.svelte';
import type { Workspace } from './workspace.svelte';

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
  /** What could not be opened last, and the notice that tells of it, until something is opened again. */
  failed = $state.raw<{ title: string; error: ErrorDetail; notice: number } | null>(null);
  /** True while anything is being opened. */
  busy = $state(false);
  readonly #engine: EngineClient;
  readonly #shell: MongeBridge | null;
  readonly #kept: Pick<Workspace, 'datasets'>;
  readonly #notices: Notices;
  /** Offers to open a path on the engine's machine instead. */
  readonly #askForPath: () => void;
  #next = 1;

  constructor(
    engine: EngineClient,
    shell: MongeBridge | null,
    kept: Pick<Workspace, 'datasets'>,
    notices: Notices,
    askForPath: () => void = () => {},
  ) {
    this.#engine = engine;
    this.#shell = shell;
    this.#kept = kept;
    this.#notices = notices;
    this.#askForPath = askForPath;
  }

  /**
   * Opens every file, and every folder: one of images as a whole, another file by file. Answers what was
   * opened in the order to show it. Failures become notices.
   */
  async openFiles(files: readonly File[], folders: readonly Folder[] = []): Promise<OpenedInfo[]> {
    const single = [...files];
    const opened: OpenedInfo[] = [];
    const keep = async (name: string, open: () => Promise<OpenedInfo | null>) => {
      try {
        const info = await open();
        if (info) opened.push(info);
      } catch (thrown) {
        const title = `Could not open ${name}`;
        const notice = this.#notices.fail(title, thrown);
        this.failed = { title, error: detailOf(thrown), notice };
      }
    };
    this.failed = null;
    this.busy = true;
    try {
      for (const folder of folders)
        await keep(folder.name, async () => {
          const { whole, apart } = this.#takeFolder(folder);
          single.push(...apart);
          return whole ? await whole() : null;
        });
      const group = single.length > 1 ? newGroup() : undefined;
      for (const file of labelsFirst(single)) await keep(file.name, () => this.#openOne(file, group));
    } finally {
      this.busy = false;
    }
    // Labels that were read into their images are no data set beside them.
    const joined = opened.flatMap((info) => (isDataset(info) ? (info.linkedFiles ?? []) : []));
    return opened
      .filter((info) => !joined.includes(info.path))
      .map((info) => (isDataset(info) ? this.#kept.datasets.keep(info) : info))
      .sort((a, b) => Number(isLabelFile(a.name)) - Number(isLabelFile(b.name)));
  }

  /** Opens one file as an input of a kind; null, with a notice, where it is none. */
  async openAs(file: File, kind: InputKind): Promise<OpenedInfo | null> {
    this.busy = true;
    try {
      return await this.#openOne(file, undefined, kind);
    } catch (thrown) {
      this.#notices.fail(`Could not open ${file.name}`, thrown);
      return null;
    } finally {
      this.busy = false;
    }
  }

  cancel(id: number): void {
    const upload = this.uploads.find((one) => one.id === id);
    if (upload) upload.cancelled = true;
  }

  /** How to open a folder: as a whole, as the files in it, or, said in a notice, not at all. */
  #takeFolder(folder: Folder): { whole?: () => Promise<OpenedInfo | null>; apart: File[] } {
    const { name, more, place, files } = folder;
    const found = kindOfFolder(folder);
    const refuse = (text: string, action?: Notice['action']) => {
      this.#notices.add({ level: 'error', text, action });
      return { apart: [] };
    };
    if (found.kind === 'deep')
      return refuse(
        `The images in “${name}” lie too deep. Drop the folder that holds them, or holds one sub-folder per class.`,
      );
    if (found.kind === 'model')
      return place
        ? { whole: () => this.#engine.api.openPath(place), apart: [] }
        : refuse(
            `“${name}” is a model in a folder, which a page cannot send. Put it on the engine’s machine, in a folder ` +
              'that was given to “monge serve --root”, and open its path there.',
            { title: 'Open a path…', run: this.#askForPath },
          );
    if (found.kind === 'other')
      return more
        ? refuse(`“${name}” holds more than ${count(folderLimits.files)} files. Drop the ones to open.`)
        : { apart: files.map(({ file }) => file) };
    // An engine on this machine reads the folder where it lies, however large it is.
    if (place) return { whole: () => this.#engine.api.openPath(place), apart: [] };
    if (more || found.bytes > folderLimits.bytes)
      return refuse(
        `“${name}” is too large to send: more than ${more ? `${count(folderLimits.files)} files` : '1 GiB'}. ` +
          'Put it on the engine’s machine, in a folder that was given to “monge serve --root”, and open its path there.',
        { title: 'Open a path…', run: this.#askForPath },
      );
    if (found.others > 0)
      this.#notices.info(`${plural(found.others, 'other file')} in “${name}” not sent: only its images are.`);
    return { whole: () => this.#sendFolder(name, found.images, found.bytes), apart: [] };
  }

  async #openOne(file: File, group: string | undefined, kind?: InputKind): Promise<OpenedInfo | null> {
    const path = this.#shell?.pathForFile(file);
    if (path) return this.#engine.api.openPath(path, ...(kind ? [kind] : []));
    return this.#showing(file.name, file.size, (upload) => this.#sendPieces(file, group, upload, kind));
  }

  async #sendFolder(name: string, images: readonly FolderFile[], bytes: number): Promise<OpenedInfo | null> {
    return this.#showing(`${name}.zip`, bytes, async (upload) => {
      const file = await packFolder(name, images, () => !upload.cancelled);
      if (file) upload.bytes = file.size;
      return file ? this.#sendPieces(file, undefined, upload) : this.#stopped(upload);
    });
  }

  /** Shows an upload while it is being made and sent. */
  async #showing<T>(name: string, bytes: number, work: (upload: Upload) => Promise<T>): Promise<T> {
    const id = this.#next++;
    this.uploads.push({ id, name, bytes, sent: 0, cancelled: false });
    try {
      return await work(this.uploads.at(-1)!);
    } finally {
      this.uploads = this.uploads.filter((one) => one.id !== id);
    }
  }

  #stopped(upload: Upload): null {
    this.#notices.info(`Stopped sending ${upload.name}`);
    return null;
  }

  async #sendPieces(
    file: File,
    group: string | undefined,
    upload: Upload,
    kind?: InputKind,
  ): Promise<OpenedInfo | null> {
    const { api } = this.#engine;
    const { upload: key } = await api.beginUpload(file.name, file.size, ...(group ? [group] : []));
    try {
      for (let offset = 0; offset < file.size; offset += piece) {
        if (upload.cancelled) {
          await api.cancelUpload(key);
          return this.#stopped(upload);
        }
        const bytes = new Uint8Array(await file.slice(offset, offset + piece).arrayBuffer());
        await api.appendUpload(key, offset, bytes);
        upload.sent = offset + bytes.length;
      }
      return await api.finishUpload(key, ...(kind ? [kind] : []));
    } catch (thrown) {
      // The first failure is the one to report; the engine also drops unfinished uploads by itself.
      await api.cancelUpload(key).catch(() => {});
      throw thrown;
    }
  }
}

/** Labels go before their images, so that the engine finds them when it opens the images. */
function labelsFirst(files: readonly File[]): File[] {
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
