/** @file Small texts that lie beside the weights of a model: configurations, tokenizers, licences. */
import { MongeError } from '../../native-models/error';
import { findReferencedFile, readRange } from './referenced-file';

export interface FoundText {
  path: string;
  text: string;
}

/** The text of a file beside `owner`; null where there is none. @throws `file-too-large`, `referenced-file-outside` */
export async function textBeside(owner: string, name: string, largest: number): Promise<FoundText | null> {
  const found = await findReferencedFile(owner, name).catch((thrown: unknown) => {
    if (thrown instanceof MongeError && thrown.code === 'referenced-file-missing') return null;
    throw thrown;
  });
  if (!found) return null;
  if (found.bytes > largest)
    throw new MongeError({
      code: 'file-too-large',
      what: `no ${name} of a model is so large`,
      where: { file: found.path },
      got: `${found.bytes.toLocaleString('en')} bytes`,
      expected: `at most ${largest.toLocaleString('en')}`,
    });
  const bytes = await readRange(found.path, 0, found.bytes);
  return { path: found.path, text: new TextDecoder().decode(bytes) };
}

/** @throws `config-not-json` where the text is no JSON object */
export function jsonObject({ path, text }: FoundText): Readonly<Record<string, unknown>> {
  try {
    const parsed = JSON.parse(text) as unknown;
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch (cause) {
    throw unreadable(path, cause);
  }
  throw unreadable(path);
}

function unreadable(path: string, cause?: unknown): MongeError {
  return new MongeError(
    {
      code: 'config-not-json',
      blame: 'input',
      what: 'the configuration is no JSON object',
      where: { file: path },
      got: cause instanceof Error ? cause.message.slice(0, 200) : undefined,
      help: 'the copy or download may be damaged; fetch the file again',
    },
    { cause },
  );
}
