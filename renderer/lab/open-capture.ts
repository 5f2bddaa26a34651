/** @file From the lab to Capture, with what is chosen here: model, hooks, pooling, level; and back to what was captured of a model. */
import type { MethodInfo, RunRecord } from '../../main/rpc/contract';
import type { AppState } from '../state/app.svelte';
import type { LabState } from './lab.svelte';

/** The pooling that the bar below the map asks for; a picked position is the pinned token's. */
export function poolingOf(
  lab: Pick<LabState, 'positions' | 'pooling' | 'position'>,
): Record<string, string | number> {
  if (lab.positions === 'all') return { pool: lab.pooling };
  if (lab.positions === 'last') return { pool: 'last' };
  return { pool: 'position', position: Math.max(0, lab.position) };
}

export function captureMethod({ workspace }: Pick<AppState, 'workspace'>): MethodInfo | null {
  return workspace.methods.find(({ id }) => id === 'capture') ?? null;
}

/** Opens Capture on this model, with the hooks, pooling and level that are chosen here. */
export function openCapture({ workspace }: Pick<AppState, 'workspace'>, lab: LabState): void {
  const method = captureMethod({ workspace });
  if (!method) return;
  const input = method.inputs.find(({ kind }) => kind === 'model');
  if (input) workspace.inputs.take(method, input, lab.info);
  workspace.go(method.id);
  workspace.fillIn({ hooks: lab.pattern, level: lab.level, ...poolingOf(lab) });
}

/** What was captured of a model, the newest first. */
export function capturesOf(
  runs: readonly RunRecord[],
  { sha256 }: Pick<LabState['info'], 'sha256'>,
): RunRecord[] {
  const isOf = ({ inputs }: RunRecord): boolean =>
    inputs.some((one) => one.kind === 'model' && one.sha256 === sha256);
  return runs.filter((run) => run.method === 'capture' && run.status === 'done' && isOf(run));
}
