/** @file Levels 1 and 2 of MONGE_DEBUG: what native-models tells of the programs it compiles goes to standard error. */
import { setCompilerListener } from '../../native-models';
import { DEBUG_VARIABLE } from './debug';

/** Call once on every thread that builds programs. Below level 1, and for what is no number, nothing is written. */
export function showCompilation(
  level = Number(process.env[DEBUG_VARIABLE] ?? 0),
  write: (text: string) => void = (text) => void process.stderr.write(text),
): void {
  if (!(level >= 1)) return setCompilerListener(undefined);
  setCompilerListener({
    level,
    write: (text) => write(text.endsWith('\n') ? text : `${text}\n`),
    now: () => performance.now(),
  });
}
