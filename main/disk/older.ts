/** @file Records of earlier versions, read as this one writes them, and settings that have become inputs. */
import { basename } from 'node:path';
import { MongeError } from '../../native-models/error';
import { flagOf, type FileReference } from '../contract/inputs';

/** Settings that held a path, by method: each is an input of this name and kind now. */
const formerSettings: Record<string, Record<string, Pick<FileReference, 'input' | 'kind'>>> = {
  flows: {
    extractorModel: { input: 'extractor', kind: 'model' },
    pairLog: { input: 'pairs', kind: 'run' },
  },
  conformal: { modelFile: { input: 'model', kind: 'model' } },
};

/** Parts of a record that this version may find in another form. */
interface AnyRecord {
  method?: unknown;
  config?: unknown;
  data?: unknown;
  command?: unknown;
}

/**
 * The record in today's form: `data` becomes `inputs` of kind dataset, and a path that was a setting an input too, whose
 * hash nobody kept. What is no record is given back as it is, to be refused by the check.
 */
export function modernRecord(stored: unknown): unknown {
  if (!isObject(stored)) return stored;
  const { data, ...record }: AnyRecord = stored;
  const settings = splitSettings(record.method, record.config);
  return {
    ...record,
    config: settings.config,
    command: settings.inputs.reduce(
      (line, { input }) => withFlag(line, record.method, input),
      record.command,
    ),
    ...(Array.isArray(data)
      ? { inputs: [...data.map((one: unknown) => withKind(one)), ...settings.inputs] }
      : {}),
  };
}

/**
 * Settings without those that have become inputs; an empty path said that there was none.
 * @throws `setting-is-input` naming the flag, where there is a path
 */
export function withoutFormerSettings<T>(
  method: string,
  given: Readonly<Record<string, T>>,
): Record<string, T> {
  const former = formerSettings[method] ?? {};
  return Object.fromEntries(
    Object.entries(given).filter(([key, value]) => {
      const now = Object.hasOwn(former, key) ? former[key] : undefined;
      if (!now) return true;
      if (typeof value === 'string' && value.trim() === '') return false;
      throw new MongeError({
        code: 'setting-is-input',
        what: 'this is no setting any more but an input',
        where: { key },
        expected: `--${flagOf[now.kind]} ${now.input}=PATH`,
        help: 'inputs are hashed and recorded with the run; in the window, choose it above the settings',
      });
    }),
  );
}

function splitSettings(method: unknown, config: unknown): { config: unknown; inputs: FileReference[] } {
  const former =
    typeof method === 'string' && Object.hasOwn(formerSettings, method) && formerSettings[method];
  if (!former || !isObject(config)) return { config, inputs: [] };
  const entries = Object.entries(config);
  const inputs = entries.flatMap(([key, value]): FileReference[] => {
    const path = Object.hasOwn(former, key) && typeof value === 'string' ? value.trim() : '';
    return path === '' ? [] : [{ ...former[key]!, name: basename(path), path, sha256: '' }];
  });
  return { config: Object.fromEntries(entries.filter(([key]) => !Object.hasOwn(former, key))), inputs };
}

/** The command with the flag of an input in place of the setting that it was. */
function withFlag(command: unknown, method: unknown, input: string): unknown {
  const former = Object.entries(formerSettings[String(method)] ?? {}).find(([, now]) => now.input === input);
  if (typeof command !== 'string' || !former) return command;
  const [key, { kind }] = former;
  // A quote before the name is that of the whole word.
  return command.replace(new RegExp(`--set (['"]?)${key}=`), `--${flagOf[kind]} $1${input}=`);
}

function withKind(reference: unknown): unknown {
  return isObject(reference) ? { kind: 'dataset', ...reference } : reference;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
