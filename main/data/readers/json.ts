/** @file A JSON list of objects, held whole: their keys are the columns, as in JSON Lines. */
import { MongeError } from '../../../native-models/error';
import type { DatasetWarning } from '../../contract/data';
import { MAXIMUM_RECORD } from '../limits';
import type { ByteSource } from '../source';
import { headText, looksBinary, utf8Chunks } from '../utf8';
import { objectColumns } from './jsonl';
import { extensionOf, type Reader } from './reader';

export const jsonReader: Reader = {
  format: 'json',
  // Most files of this name hold something else.
  extensions: [],
  match: (head, name, source) =>
    extensionOf(name) === 'json' &&
    !looksBinary(head) &&
    /^\s*\[\s*(?:\{|\]|$)/.test(headText(head, source.short)),
  async open(source) {
    const warnings: DatasetWarning[] = [];
    const list = parseList(source.name, await textOf(source, warnings));
    async function* objects() {
      for (const [k, object] of list.entries()) yield { line: k + 1, object };
    }
    return { format: 'json', columns: await objectColumns(source.name, objects, warnings), warnings };
  },
};

async function textOf(source: ByteSource, warnings: DatasetWarning[]): Promise<string> {
  const parts: string[] = [];
  let length = 0;
  for await (const chunk of utf8Chunks(source.chunks(), warnings)) {
    length += chunk.length;
    if (length > MAXIMUM_RECORD)
      throw new MongeError({
        code: 'file-too-large',
        what: 'a JSON list has to be held in memory whole',
        where: { file: source.name },
        got: `more than ${length.toLocaleString('en')} bytes`,
        expected: `at most ${MAXIMUM_RECORD.toLocaleString('en')} bytes`,
        help: 'write it as JSON Lines: one object on every line',
      });
    parts.push(chunk.toString('utf8'));
  }
  return parts.join('');
}

function parseList(file: string, text: string): Record<string, unknown>[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw new MongeError(
      {
        code: 'malformed-json',
        what: 'the file is not valid JSON',
        where: { file },
        expected: 'a list of objects',
        help: (cause as Error).message,
      },
      { cause },
    );
  }
  // The first bytes were those of a list.
  const objects = list as unknown[];
  const other = objects.findIndex((one) => typeof one !== 'object' || one === null || Array.isArray(one));
  if (other >= 0)
    throw new MongeError({
      code: 'not-an-object',
      what: 'an entry of the list is no JSON object',
      where: { file, row: other + 1 },
      got: JSON.stringify(objects[other]).slice(0, 80),
      expected: 'an object such as {"text": "…", "label": 1}',
    });
  return objects as Record<string, unknown>[];
}
