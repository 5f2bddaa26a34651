/** @file A checkpoint's facts as text for a terminal. */
import type { CheckpointFacts, StoredTensor } from '../contract/models';
import { tensorTable } from './tensor-facts';
import { table } from './text';

const mostMetadata = 20;
const longest = 80;

/** What the files are, what keeps them from being run, and their tensors. */
export function describeCheckpointFacts(facts: CheckpointFacts, tensors: readonly StoredTensor[]): string {
  const { files, format, sizes, types, licence, problem } = facts;
  const listed = Object.entries(sizes).map(([name, size]) => `${name} ${size}`);
  const rows = [
    ['file', facts.file],
    ['format', files.length > 1 ? `${format}, ${files.length} files` : format],
    ['family', facts.family ?? 'not stated'],
    ...(listed.length > 0 ? [['sizes', listed.join(', ')]] : []),
    ['tokenizer', `${facts.tokenizer ?? 'none'}${facts.chatTemplate ? ', with a chat template' : ''}`],
    ['licence', licence === null ? 'not stated' : cut(licence.trim().split('\n')[0]!)],
    ...Object.entries(facts.metadata)
      .slice(0, mostMetadata)
      .map(([key, value]) => [`metadata ${key}`, cut(value.replaceAll('\n', ' '))]),
    ['tensors', `${tensors.length}, ${facts.parameters} numbers, ${facts.bytes} bytes`],
    ...types.map(({ type, tensors: count, bytes }) => [
      `stored as ${type}`,
      `${count} ${count === 1 ? 'tensor' : 'tensors'}, ${bytes} bytes`,
    ]),
    ...facts.notices.map((notice) => ['notice', notice]),
    ...(problem ? [['cannot be run', problemText(problem)]] : []),
  ];
  return `${table(rows)}\n\n${tensorTable({ tensors })}`;
}

function problemText({ code, what, where, got, expected }: NonNullable<CheckpointFacts['problem']>): string {
  const place = where?.tensor ?? where?.key;
  const facts = [place, got && `got ${got}`, expected && `expected ${expected}`].filter(Boolean);
  return `${code}: ${what}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}`;
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
