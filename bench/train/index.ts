/** @file Training steps of five models beside PyTorch: time per step, ratio, peak memory, time to the first step. */
import { trainCases } from './cases';
import type { BenchContext } from '../index';
import { failureOf, runOurProcess } from '../peer';
import { besideBest, type Row } from '../report';
import type { StepTiming } from './step';

/** What bench/reference/train.py prints. */
interface PeerStep {
  peer: string;
  milliseconds: number;
  firstStepSeconds: number;
  peakMegabytes: number;
  firstLoss: number;
  parameters: number;
}

const THREADS = 2;
/** The peer is given every way to be fast. The ratio is to its best eager setting; what compiling does stands beside it. */
const PEER_SETTINGS = [
  { mode: 'eager', threads: 1 },
  { mode: 'eager', threads: 2 },
  { mode: 'compile', threads: 1 },
  { mode: 'compile', threads: 2 },
];

/** Ours and the peer's processes take turns, so that a disturbed minute does not fall on one side alone. */
export async function benchTrain(context: BenchContext): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, { title, goal }] of Object.entries(trainCases)) {
    process.stderr.write(`bench train ${name} …\n`);
    const ours: StepTiming[] = [];
    const peers: { setting: string; step: PeerStep }[] = [];
    const failures: string[] = [];
    let missing = '';
    for (const { mode, threads } of PEER_SETTINGS) {
      ours.push(await runOurProcess(context.stepProcess, [name, THREADS, context.seconds]));
      const setting = `${mode}, ${threads} thread${threads > 1 ? 's' : ''}`;
      try {
        const args = [name, mode, threads, context.seconds];
        const answer = await context.peerProcess<PeerStep>('train.py', args);
        if ('missing' in answer) missing = answer.missing;
        else peers.push({ setting, step: answer.result });
      } catch (error) {
        failures.push(`${setting} failed: ${failureOf(error)}`);
      }
    }
    rows.push(
      row(
        title,
        goal,
        fastest(ours, (one) => one),
        peers,
        [missing, ...failures],
      ),
    );
  }
  return rows;
}

function row(
  title: string,
  goal: number,
  ours: StepTiming,
  peers: readonly { setting: string; step: PeerStep }[],
  remarks: readonly string[],
): Row {
  const eager = peers.filter(({ setting }) => setting.startsWith('eager'));
  const best = eager.length > 0 ? fastest(eager, ({ step }) => step) : null;
  const others = peers.map(({ setting, step }) => `${setting} ${step.milliseconds.toPrecision(3)}`);
  const sizes = best !== null && best.step.parameters !== ours.parameters;
  return {
    bench: 'train',
    case: title,
    unit: 'ms per step',
    ...besideBest(
      ours.milliseconds,
      best && { ...best.step, time: best.step.milliseconds, setting: best.setting },
    ),
    setting: `${ours.threads} thread${ours.threads > 1 ? 's' : ''}, ${ours.chunk} steps a run`,
    goal,
    bound: null,
    memory: { ours: ours.peakMegabytes, peer: best?.step.peakMegabytes ?? null },
    firstStep: { ours: ours.firstStepSeconds, peer: best?.step.firstStepSeconds ?? null },
    remark: [
      ...remarks.filter((remark) => remark !== ''),
      ...(sizes ? [`parameters differ: ${ours.parameters} and ${best.step.parameters}`] : []),
      others.join('; '),
    ]
      .filter((part) => part !== '')
      .join('; '),
  };
}

function fastest<T>(list: readonly T[], step: (one: T) => { milliseconds: number }): T {
  return list.reduce((best, one) => (step(one).milliseconds < step(best).milliseconds ? one : best));
}
