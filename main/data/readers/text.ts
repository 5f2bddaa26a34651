/** @file Plain text, streamed: a row a line. */
import { textColumn } from '../column';
import type { DatasetWarning } from '../../contract/data';
import { looksBinary, textLines } from '../utf8';
import { extensionOf, type Reader } from './reader';

export const textReader: Reader = {
  format: 'text',
  extensions: ['txt', 'text', 'md'],
  match: (head, name) => !looksBinary(head) && ['', 'txt', 'text', 'md', 'log'].includes(extensionOf(name)),
  async open(source) {
    const warnings: DatasetWarning[] = [];
    const values: string[] = [];
    for await (const lines of textLines(source.name, source.chunks(), warnings))
      for (const { text } of lines) values.push(text);
    return { format: 'text', columns: [textColumn('text', values)], warnings };
  },
};
