/** @file The desktop shell as its preload offers it; absent in a browser. */
import type { MongeBridge } from '../../main/rpc/contract';

/** The shell when this page runs inside the desktop application. */
export function findShell(): MongeBridge | null {
  const candidate: unknown = Reflect.get(window, 'monge');
  if (typeof candidate !== 'object' || candidate === null) return null;
  return 'kind' in candidate && candidate.kind === 'electron' ? (candidate as MongeBridge) : null;
}
