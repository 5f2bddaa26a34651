/** @file The rows of `monge bench lm` from what its processes answered, each with the goal that it is held against. */
import type { Row } from '../report';

/** Answers by side, in the order of the rounds. */
export type Measured = Record<
  string,
  {
    open: Record<string, number>[];
    short: Record<string, number>[];
    prompt: Record<string, number>[];
    long: Record<string, number>[];
    capture: Record<string, number>[];
    memory?: number;
  }
>;

type Part = 'open' | 'short' | 'prompt' | 'long' | 'capture';

export function lmRows(measured: Measured, sentences: number): Row[] {
  const best = (side: string, part: Part, key: string): number | null => {
    const values = (measured[side]?.[part] ?? []).map((answer) => answer[key]!);
    return values.length === 0 ? null : Math.min(...values);
  };
  const rows: Row[] = [];
  const add = (
    title: string,
    unit: Row['unit'],
    [side, ours]: [string, number | null],
    [peer, theirs]: [string | null, number | null],
    more: Partial<Row> = {},
  ) => {
    if (ours === null) return;
    rows.push({
      ...{ bench: 'lm', case: title, unit, ours, setting: side },
      peer: theirs === null ? null : peer,
      peerTime: theirs,
      peerSetting: theirs === null ? null : 'two threads',
      ratio: theirs === null ? null : theirs / ours,
      ...{ bound: null, remark: '' },
      ...more,
    });
  };
  const beside = (
    title: string,
    part: Part,
    key: string,
    unit: Row['unit'],
    goals: readonly (readonly [string, string, number | undefined])[],
  ) => {
    for (const [side, peer, goal] of goals) {
      const ours = best(side, part, key);
      const remark = unit === 'ms a token' && ours !== null ? `${Math.round(1000 / ours)} tokens/s` : '';
      add(title, unit, [side, ours], [peer, best(peer, part, key)], {
        ...(goal === undefined ? {} : { goal }),
        remark,
      });
    }
  };
  beside('decode, 64 tokens after 64, sampling', 'short', 'decode', 'ms a token', [
    ['chat level 4', 'transformers', 6],
    ['chat level 4', 'llama.cpp', 0.9],
    ['level 0, rescored', 'transformers', 4.5],
    ['fp32', 'transformers', undefined],
  ]);
  beside('prompt of 512 tokens', 'prompt', 'prompt', 'ms a token', [
    ['fp32', 'transformers', 1.8],
    ['fp32', 'llama.cpp', undefined],
    ['chat level 4', 'transformers', undefined],
  ]);
  beside('decode after 2,048 tokens', 'long', 'decode', 'ms a token', [
    ['chat level 4', 'transformers', undefined],
    ['chat level 4', 'llama.cpp', undefined],
  ]);
  for (const side of ['chat level 4', 'level 0, rescored', 'llama.cpp', 'transformers'])
    add(
      'decode after 2,048 tokens beside itself after 64',
      'ms a token',
      [side, best(side, 'long', 'decode')],
      ['itself', best(side, 'short', 'decode')],
      side.includes('level') ? { goal: 0.6 } : {},
    );
  beside(`residual states of ${sentences.toLocaleString('en')} sentences`, 'capture', 'seconds', 's', [
    ['capture', 'transformers', 2],
  ]);
  for (const [side, peer, goal] of [
    ['chat level 4', 'transformers', 2.5],
    ['level 0, rescored', 'transformers', 2.5],
    ['chat level 4', 'llama.cpp', undefined],
    ['capture', 'transformers', undefined],
  ] as const)
    add(
      'peak memory of the process',
      'MB',
      [side, measured[side]?.memory ?? null],
      [peer, measured[peer]?.memory ?? null],
      {
        ...(goal === undefined ? {} : { goal }),
      },
    );
  for (const side of ['chat level 4', 'level 0, rescored', 'fp32'])
    add(
      'GGUF to first token, nothing kept',
      's',
      [side, best(side, 'open', 'seconds')],
      ['llama.cpp', best('llama.cpp', 'open', 'seconds')],
      { bound: { time: 2, source: 'the goal' } },
    );
  add(
    'building the graph',
    's',
    ['chat level 4', best('chat level 4', 'open', 'buildSeconds')],
    [null, null],
    {
      bound: { time: 1, source: 'the goal' },
    },
  );
  return rows;
}
