/** @file The models a person has opened, the shipped ones, and the profiles made of them; the work is done in processes for foreign files. */
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { errorDetail, MongeError } from '../../native-models/error';
import type { EngineApi } from '../contract/engine';
import type { LanguageFacts } from '../contract/language';
import { writeAtomically } from '../disk/files';
import type { AskOptions } from '../foreign/messages';
import type { ModelProfile } from './profile';
import type { ProfileJob } from './profile-job';
import { listSampleModels, sampleModelPath } from './samples';
import { readsTokens } from './token-inputs';
import type { AskedModel, ModelAnswers, ModelQuestion } from './open-models';
import type { ModelInfo, ModelView, ProfileRequest, ProfileSummary } from '../contract/models';

const RECENT = 20;
const PROFILES = 8;
const modelFormats: readonly string[] = ['onnx', 'gguf', 'safetensors'] satisfies ModelInfo['format'][];

/** The processes that read and run models; foreign bytes are never opened in the engine's own. */
export interface ModelProcesses {
  models: {
    ask(
      request: { kind: 'model' } & AskedModel,
      onUpdate?: undefined,
      options?: AskOptions,
    ): Promise<unknown>;
  };
  profiles: {
    ask(
      request: { kind: 'profile' } & ProfileJob,
      onUpdate?: undefined,
      options?: AskOptions,
    ): Promise<ModelProfile>;
  };
}

export interface ModelLibraryOptions {
  workspaceFolder: string;
  samplesFolder: string;
  workers: ModelProcesses;
  language: { facts(path: string): Promise<LanguageFacts> };
  threads: number;
}

type Calls = Pick<
  EngineApi,
  | 'sampleModels'
  | 'openSampleModel'
  | 'recentModels'
  | 'model'
  | 'viewModel'
  | 'modelNode'
  | 'findNodes'
  | 'modelTensors'
  | 'exportNodes'
  | 'profileModel'
  | 'stopProfile'
>;

export class ModelLibrary {
  readonly #options: ModelLibraryOptions;
  /** Newest first. */
  #recent: ModelInfo[] = [];
  readonly #profiles = new Map<string, ModelProfile>();
  #running: AbortController | null = null;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(options: ModelLibraryOptions) {
    this.#options = options;
  }

  /** Reads the list of recent models; an unreadable list is only a lost convenience. */
  async load(): Promise<void> {
    try {
      const stored = JSON.parse(await readFile(this.#recentFile, 'utf8')) as unknown;
      this.#recent = Array.isArray(stored) ? stored.filter(isModelInfo).map(inTodaysForm) : [];
    } catch {
      this.#recent = [];
    }
  }

  /** The calls of the contract that concern models only. */
  calls(): Calls {
    const { samplesFolder } = this.#options;
    return {
      sampleModels: async () => listSampleModels(samplesFolder),
      openSampleModel: async (id) => this.openPath(sampleModelPath(samplesFolder, id), { sample: id }),
      recentModels: () => this.recent(),
      model: async (id) => this.info(id),
      viewModel: (id, request) => this.#ask(id, { kind: 'view', request }),
      modelNode: (id, index) => this.#ask(id, { kind: 'node', index }),
      findNodes: (id, text) => this.#ask(id, { kind: 'find', text }),
      modelTensors: (id) => this.#ask(id, { kind: 'tensors' }),
      exportNodes: async (id, graph) => {
        const csv = await this.#ask(id, { kind: 'table', graph });
        const name = `${this.info(id).name.replace(/\.onnx$/i, '')}-nodes.csv`;
        return { name, mediaType: 'text/csv', bytes: new TextEncoder().encode(csv) };
      },
      profileModel: (id, request) => this.profile(id, request),
      stopProfile: async () => this.stopProfile(),
    };
  }

  /** Where the model of this id lies; null for none and for a shipped one. */
  placeOf(id: string): string | null {
    const info = this.#recent.find((one) => one.id === id);
    return info === undefined || info.sample !== undefined ? null : info.path;
  }

  /** Opens a model file in place. @throws what reading it throws */
  async openPath(
    path: string,
    origin: { sample?: string; run?: string; name?: string } = {},
  ): Promise<ModelInfo> {
    const ask = { kind: 'info' } as const;
    const { models } = this.#options.workers;
    const file = resolve(path);
    const asked = { kind: 'model' as const, path: file, id: null, ask, profile: null };
    const found = await models.ask(asked, undefined, { file });
    const info: ModelInfo = { ...(await this.#withLanguage(found as ModelInfo)), ...origin };
    this.#recent = [
      info,
      ...this.#recent.filter((one) => one.path !== info.path && one.id !== info.id),
    ].slice(0, RECENT);
    const text = JSON.stringify(this.#recent, null, 1);
    this.#saving = this.#saving.then(() => writeAtomically(this.#recentFile, text));
    await this.#saving;
    return info;
  }

  /**
   * With what a checkpoint, or an ONNX file that reads tokens, is as a language model; one that cannot be run is looked at by
   * its tensors or its graph all the same.
   */
  async #withLanguage(info: ModelInfo): Promise<ModelInfo> {
    const { checkpoint } = info;
    if (checkpoint ? checkpoint.problem : !readsTokens(info.facts.inputs)) return info;
    try {
      return { ...info, language: await this.#options.language.facts(info.path) };
    } catch (thrown) {
      const problem = errorDetail(thrown);
      return checkpoint
        ? { ...info, checkpoint: { ...checkpoint, problem } }
        : { ...info, languageProblem: problem };
    }
  }

  /** Keeps the exported model or training program of a run in the workspace and opens it. */
  async openRun(
    run: string,
    part: 'model' | 'training',
    name: string,
    bytes: Uint8Array,
  ): Promise<ModelInfo> {
    const folder = join(this.#options.workspaceFolder, 'models');
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${run}-${part}.onnx`);
    await writeAtomically(path, bytes);
    return this.openPath(path, { run, name: part === 'model' ? `${name}.onnx` : `${name}, training.onnx` });
  }

  /** Models opened last, newest first; those whose file is gone, and the shipped ones, are left out. */
  async recent(): Promise<ModelInfo[]> {
    const present = await Promise.all(
      this.#recent.map((info) =>
        stat(info.path).then(
          () => info,
          () => null,
        ),
      ),
    );
    return present.filter((info) => info !== null && info.sample === undefined) as ModelInfo[];
  }

  /** @throws `profile-running` while another one is, `profile-stopped`, and what the profile itself throws */
  async profile(id: string, request: ProfileRequest): Promise<ProfileSummary> {
    const { path, sha256 } = this.info(id);
    if (this.#running)
      throw new MongeError({
        code: 'profile-running',
        what: 'a model is being profiled already',
        help: 'wait for it or stop it',
      });
    const running = new AbortController();
    this.#running = running;
    const folder = await mkdtemp(join(tmpdir(), 'monge-profile-'));
    try {
      const { workers, threads } = this.#options;
      const job = { kind: 'profile' as const, path, sha256, request, threads, folder };
      const about = { signal: running.signal, file: path };
      const profile = await workers.profiles.ask(job, undefined, about);
      this.#profiles.delete(id);
      this.#profiles.set(id, profile);
      for (const key of this.#profiles.keys()) {
        if (this.#profiles.size <= PROFILES) break;
        this.#profiles.delete(key);
      }
      const view: ModelView = await this.#ask(id, { kind: 'view', request: { graph: 0, open: [] } });
      return view.profile!;
    } finally {
      this.#running = null;
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Asks a profile under way to end after its run, and ends its process where that does not come back; nothing happens when none is. */
  stopProfile(): void {
    this.#running?.abort(new MongeError({ code: 'profile-stopped', what: 'the profile was stopped' }));
  }

  get #recentFile(): string {
    return join(this.#options.workspaceFolder, 'recent-models.json');
  }

  /** A model that was opened here. @throws `model-not-found` */
  info(id: string): ModelInfo {
    const info = this.#recent.find((one) => one.id === id);
    if (info) return info;
    throw new MongeError({
      code: 'model-not-found',
      blame: 'input',
      what: 'no model of this id was opened here',
      where: { key: 'model' },
      got: JSON.stringify(id.slice(0, 100)),
      help: 'open the file again',
    });
  }

  async #ask<A extends ModelQuestion>(id: string, ask: A): Promise<ModelAnswers[A['kind']]> {
    const { path } = this.info(id);
    const profile = this.#profiles.get(id) ?? null;
    const asked = { kind: 'model' as const, path, id, ask, profile };
    const answer = await this.#options.workers.models.ask(asked, undefined, { file: path });
    return answer as ModelAnswers[A['kind']];
  }
}

/** Lists of earlier versions have no notices. */
function inTodaysForm(info: ModelInfo): ModelInfo {
  return info.checkpoint
    ? { ...info, checkpoint: { ...info.checkpoint, notices: info.checkpoint.notices ?? [] } }
    : info;
}

function isModelInfo(value: unknown): value is ModelInfo {
  const info = value as Partial<ModelInfo> | null;
  return (
    typeof info?.path === 'string' &&
    typeof info.id === 'string' &&
    /^[0-9a-f]{16}$/.test(info.id) &&
    modelFormats.includes(info.format ?? '') &&
    Array.isArray(info.graphs) &&
    typeof info.facts === 'object'
  );
}
