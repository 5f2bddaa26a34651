/** @file A model's facts and its profile as text for a terminal. */
import type { ErrorDetail } from '../../native-models/error';
import type { LanguageFacts } from '../contract/language';
import type { ModelFacts, ProfileSummary, RoleFacts } from '../contract/models';
import { numberText, table } from './text';

export function describeModel(facts: ModelFacts): string {
  const pairs = (record: Readonly<Record<string, number>>) =>
    Object.entries(record)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ');
  const values = (title: string, list: ModelFacts['inputs']) =>
    list.map(({ name, type, shape, anyRank }) => [
      title,
      `${name}: ${type}${anyRank ? ', shape unknown' : `[${shape.join(', ')}]`}`,
    ]);
  return table([
    ['file', facts.file],
    ['format', `onnx, IR version ${facts.irVersion}, opsets ${pairs(facts.opsets)}`],
    ['producer', facts.producer || 'not named'],
    ...values('input', facts.inputs),
    ...values('output', facts.outputs),
    [
      'nodes',
      facts.nodesInBodies > 0 ? `${facts.nodes} and ${facts.nodesInBodies} in bodies` : String(facts.nodes),
    ],
    ['operators', pairs(facts.operators)],
    ['weights', `${facts.initializers} tensors, ${facts.parameters} numbers`],
    ...(facts.roles ? roleRows(facts.roles) : []),
  ]);
}

/** What a graph is as a language model, or why it is none. */
export type ToldLanguage = LanguageFacts | { problem: ErrorDetail };

/** Its sizes, its tokenizer, and what a person should know before they trust it. */
export function describeLanguage(told: ToldLanguage): string {
  if ('problem' in told) {
    const { code, what, got } = told.problem;
    return table([['no language model', `${code}: ${what}${got ? ` (got ${got})` : ''}`]]);
  }
  const { kind, family, layers, width, heads, vocabulary, context, tokenizer } = told;
  const sizes = { layers, width, heads, vocabulary, context };
  return table([
    ['language model', `${kind}, ${family}`],
    [
      'sizes',
      Object.entries(sizes)
        .map(([name, size]) => `${name} ${size}`)
        .join(', '),
    ],
    ['tokenizer', `${tokenizer.kind ?? 'none'}${told.chatTemplate ? ', with a chat template' : ''}`],
    ['hooks', `${told.hooks.length} confirmed by a run`],
    ...(told.notices ?? []).map(({ code, what }) => ['notice', `${code}: ${what}`]),
  ]);
}

/** How many values of each role were found, and why others were not; `--json` names the values. */
function roleRows({ layers, hooks, absent }: RoleFacts): string[][] {
  const counts = new Map<string, number>();
  for (const { role } of hooks) counts.set(role, (counts.get(role) ?? 0) + 1);
  const reasons = new Map(absent.map(({ role, reason }) => [role, reason]));
  const found = [...counts].map(([role, n]) => `${role} ${n}`).join(', ');
  return [
    ['roles', `${layers} blocks: ${found}`],
    ...[...reasons].map(([role, reason]) => ['absent', `${role}: ${reason}`]),
  ];
}

/** Times by operator and the slowest nodes. */
export function describeProfile(profile: ProfileSummary): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const sizes = Object.entries(profile.sizes).map(([name, value]) => `${name}=${value}`);
  const facts = [
    ['time of a run', `${numberText(profile.milliseconds)} ms, median of ${profile.runs}`],
    ['on', `${profile.device}, ${profile.threads} threads, made-up inputs of seed ${profile.seed}`],
    ['open sizes', sizes.join(', ') || '1'],
    ['optimisation', profile.optimisation],
    ['by the optimiser', `${numberText(profile.unmatchedMilliseconds)} ms in nodes that are not in the file`],
    ['nodes timed', `${profile.timed}; ${profile.untimed} fused away, folded or not reached`],
  ];
  const operators = profile.operators.map((one) => [
    one.op,
    String(one.nodes),
    numberText(one.milliseconds),
    percent(one.share),
  ]);
  const slowest = profile.slowest.map((one) => [
    one.name,
    one.op,
    numberText(one.milliseconds),
    percent(one.share),
  ]);
  return [
    table(facts),
    '',
    table([['OPERATOR', 'NODES', 'MS', 'SHARE'], ...operators]),
    '',
    table([['SLOWEST NODE', 'OPERATOR', 'MS', 'SHARE'], ...slowest]),
  ].join('\n');
}
