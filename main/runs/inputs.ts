/** @file What a person gives a run, from opened things and their ids to the references that the run records. */
import { createHash } from 'node:crypto';
import { basename, dirname, resolve } from 'node:path';
import { MongeError } from '../../native-models/error';
import type { DatasetInfo, FileInfo, InputIds, ModelInfo, OpenedInfo } from '../contract/engine';
import type {
  DatasetInfos,
  DatasetReference,
  FileReference,
  InputDeclaration,
  InputDeclarations,
  InputKind,
  InputReference,
} from '../contract/inputs';
import type { DatasetLibrary } from '../data/library';
import { openTexts } from '../data/texts';
import { activeStatuses } from '../disk/record';
import { hashRun, openRunFolder } from '../disk/run-folder';
import type { ModelLibrary } from '../models/library';
import { looksLikeModel } from '../models/read';
import { describeVectors } from '../models/vectors';
import type { RunStore } from './store';

export interface PlannedInput {
  reference: InputReference;
  /** Of a data set. */
  info?: DatasetInfo;
  /** Of a model. */
  model?: ModelInfo;
}

/** The data sets among them, by input. */
export function infosOf(planned: readonly PlannedInput[]): DatasetInfos {
  return Object.fromEntries(planned.map(({ reference, info }) => [reference.input, info]));
}

/** The ids of each input as a list. */
export function idLists(ids: InputIds): [input: string, ids: string[]][] {
  return Object.entries(ids).map(([input, given]) => [input, Array.isArray(given) ? given : [given]]);
}

export class InputLibrary {
  /** Vectors, texts, and runs outside the folder of runs, as opened since the engine started. */
  readonly #files = new Map<string, FileInfo>();

  constructor(
    private readonly datasets: DatasetLibrary,
    private readonly models: ModelLibrary,
    private readonly runs: RunStore,
  ) {}

  /** What lies at a path: a model or a data set, or what it is asked to be. */
  async open(path: string, as?: InputKind): Promise<OpenedInfo> {
    if (as === undefined) return this.open(path, (await looksLikeModel(path)) ? 'model' : 'dataset');
    if (as === 'model') return this.models.openPath(path);
    if (as === 'dataset') return this.datasets.openPath(path);
    const info = await this.#describe(resolve(path), as);
    this.#files.set(info.id, info);
    return info;
  }

  /**
   * What the ids of a request stand for. An input that is not declared is taken for a data set.
   * @throws `dataset-not-found`, `model-not-found`, `run-not-found`, `input-not-opened`, `input-run-active`
   */
  async plan(declared: InputDeclarations, ids: InputIds): Promise<PlannedInput[]> {
    const planned: PlannedInput[] = [];
    for (const [input, list] of idLists(ids)) {
      const declaration = Object.hasOwn(declared, input) ? declared[input] : undefined;
      for (const id of list) planned.push(await this.#find(input, declaration, id));
    }
    return planned;
  }

  async #find(input: string, declared: InputDeclaration | undefined, id: string): Promise<PlannedInput> {
    if (!declared || declared.kind === 'dataset') return this.datasets.reference(input, id);
    if (declared.kind === 'run') return { reference: await this.#run(input, declared.files, id) };
    // The file of an open data set gives its text as well.
    const table =
      declared.kind === 'text' && !this.#files.has(id) ? await this.#dataset(input, id) : undefined;
    if (table) {
      const { name, path, sha256 } = table;
      return { reference: { input, kind: 'text', name, path, sha256 } };
    }
    if (declared.kind === 'model') {
      const model = this.models.info(id);
      const { name, path, sha256 } = model;
      return { reference: { input, kind: 'model', name, path, sha256 }, model };
    }
    const { name, path, sha256 } = this.#file(id, declared.kind);
    return { reference: { input, kind: declared.kind, name, path, sha256 } };
  }

  /** The data set of this id, where there is one. */
  async #dataset(input: string, id: string): Promise<DatasetReference | undefined> {
    try {
      return (await this.datasets.reference(input, id)).reference;
    } catch (error) {
      if (error instanceof MongeError && error.code === 'dataset-not-found') return undefined;
      throw error;
    }
  }

  async #run(input: string, files: readonly string[], id: string): Promise<FileReference> {
    const path = this.#files.get(id)?.path ?? this.runs.folder(id);
    const opened = await openRunFolder(path, files);
    const { record } = opened;
    if (record && activeStatuses.includes(record.status))
      throw new MongeError({
        code: 'input-run-active',
        what: 'this run is still being worked on, so its files may change',
        where: { key: input },
        got: record.status,
        help: 'wait for it or stop it',
      });
    return { input, kind: 'run', name: record?.name ?? basename(path), path, sha256: await hashRun(opened) };
  }

  #file(id: string, kind: InputKind): FileInfo {
    const found = this.#files.get(id);
    if (found?.format === kind) return found;
    throw new MongeError({
      code: 'input-not-opened',
      what: `no ${kind} of this id was opened here`,
      where: { key: kind },
      got: JSON.stringify(id.slice(0, 100)),
      help: 'open the file again',
    });
  }

  async #describe(path: string, format: FileInfo['format']): Promise<FileInfo> {
    const of = (sha256: string, about: string): FileInfo => ({
      ...{ id: sha256.slice(0, 16), name: basename(path), path, format, sha256, about },
    });
    switch (format) {
      case 'vectors': {
        const { sha256, arrays } = await describeVectors(path);
        return of(sha256, arrays.map(({ name, shape }) => `${name} ${shape.join(' × ')}`).join(', '));
      }
      case 'text': {
        const { sha256, texts } = await openTexts(path);
        return of(sha256, `${texts.length} rows of text`);
      }
      case 'run':
        return this.#describeRun(path, of);
    }
  }

  async #describeRun(path: string, of: (sha256: string, about: string) => FileInfo): Promise<FileInfo> {
    const { record } = await openRunFolder(path, []);
    if (!record)
      throw new MongeError({
        code: 'run-not-found',
        what: 'this is no folder of a run',
        where: { file: path },
        expected: 'a folder that holds run.json',
      });
    const info = of(createHash('sha256').update(path).digest('hex'), `${record.method}, ${record.status}`);
    const own = resolve(dirname(path)) === resolve(this.runs.runsFolder);
    return { ...info, name: record.name, ...(own ? { id: basename(path) } : {}) };
  }
}
