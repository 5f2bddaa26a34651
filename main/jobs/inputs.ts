/** @file The inputs of a run, opened by the names that the method gives them. */
import { MongeError } from '../../native-models/error';
import type { MethodDefinition } from '../contract/define';
import type { ModelInfo } from '../contract/models';
import { inUse, type FileReference, type InputDeclaration, type InputReference } from '../contract/inputs';
import type { InputFile, Inputs, ModelInput, OpenedInput } from '../contract/opened';
import { openDataset } from '../data';
import { openTexts } from '../data/texts';
import { hashRun, openRunFolder } from '../disk/run-folder';
import { weightCacheFolder } from '../disk/paths';
import { openForeignSession } from '../models/foreign-session';
import { openVectors, readVectorsFile } from '../models/vectors';
import { languageSession } from '../inference/service/session';
import type { ForeignFiles } from './foreign-kinds';
import type { RunJob } from './messages';

/**
 * Opens what the run was given, but for what its settings make no use of. Data sets are read now, all else when the
 * method asks for it.
 * @throws `data-changed` where a file is not what the run was started with
 */
export async function openInputs(
  method: MethodDefinition,
  job: RunJob,
  foreign: ForeignFiles,
): Promise<Inputs> {
  const inputs: Record<string, OpenedInput | OpenedInput[]> = {};
  try {
    for (const [name, declared] of Object.entries(method.inputs)) {
      if (!inUse(declared, job.config)) continue;
      const given = job.inputs.filter(({ input }) => input === name);
      if (declared.several) {
        const several: OpenedInput[] = [];
        inputs[name] = several;
        for (const reference of given) several.push(await openReference(reference, declared, foreign));
      } else if (given[0]) inputs[name] = await openReference(given[0], declared, foreign);
    }
    return inputs;
  } catch (error) {
    await closeInputs(inputs);
    throw error;
  }
}

export async function closeInputs(inputs: Inputs): Promise<void> {
  for (const input of Object.values(inputs).flat()) if (input && 'close' in input) await input.close();
}

async function openReference(
  reference: InputReference,
  declared: InputDeclaration,
  foreign: ForeignFiles,
): Promise<OpenedInput> {
  const { kind, path } = reference;
  switch (kind) {
    case 'dataset': {
      const dataset = await openDataset(path, { roles: reference.roles });
      if (dataset.info.sha256 !== reference.sha256) await dataset.close();
      checkHash(reference, dataset.info.sha256);
      return dataset;
    }
    case 'model':
      return modelInput(reference, foreign);
    case 'vectors': {
      const file = whenAsked(reference, async () => {
        const { sha256, arrays } = await openVectors(path);
        return { sha256, content: arrays };
      });
      // Opening it checks that it is what the run was started with.
      return { ...file, read: async () => file.open().then(() => readVectorsFile(path)) };
    }
    case 'text':
      return whenAsked(reference, async () => {
        const { sha256, texts } = await openTexts(path);
        return { sha256, content: texts };
      });
    case 'run':
      return whenAsked(reference, async () => {
        const content = await openRunFolder(path, declared.kind === 'run' ? declared.files : []);
        return { sha256: reference.sha256 && (await hashRun(content)), content };
      });
  }
}

/** A model is read and run in the process for foreign files. */
function modelInput(reference: FileReference, foreign: ForeignFiles): ModelInput {
  const { path } = reference;
  const file = whenAsked(reference, async () => {
    const content = await foreign.ask({ kind: 'contents', path }, undefined, { file: path });
    return { sha256: content.sha256, content };
  });
  return {
    ...file,
    openSession: ({ threads }) =>
      openForeignSession(foreign, { path, threads, cached: true }, (found) => checkHash(reference, found)),
    async language({ threads }) {
      const info = { kind: 'model', path, id: null, ask: { kind: 'info' }, profile: null } as const;
      const { sha256 } = (await foreign.ask(info, undefined, { file: path })) as ModelInfo;
      checkHash(reference, sha256);
      const place = { path, threads, cacheFolder: weightCacheFolder() };
      return languageSession(place, sha256, (call, onNews, options) =>
        foreign.ask({ kind: 'language', ...call }, onNews, options),
      );
    },
  };
}

/** Read each time it is asked for: files that only training needs are not kept while a panel looks at the run. */
function whenAsked<T>(
  reference: FileReference,
  read: () => Promise<{ sha256: string; content: T }>,
): InputFile<T> {
  const { name, path, sha256 } = reference;
  return {
    ...{ name, path, sha256 },
    async open() {
      const found = await read();
      checkHash(reference, found.sha256);
      return found.content;
    },
  };
}

/** Versions that kept no hash of a file cannot tell whether it is the same. */
function checkHash({ input, path, sha256 }: InputReference, found: string): void {
  if (sha256 === '' || sha256 === found) return;
  throw new MongeError({
    code: 'data-changed',
    blame: 'input',
    what: 'the data is no longer what this run was started with',
    where: { file: path, key: input },
    got: `SHA-256 ${found.slice(0, 16)}…`,
    expected: `${sha256.slice(0, 16)}…`,
    help: 'put the old file back, or start a new run on the new one',
  });
}
