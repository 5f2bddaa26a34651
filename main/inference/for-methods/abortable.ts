/** @file Work of the model that ends when a person asks for a stop. */
import type { RunContext } from '../../contract/define';

/**
 * What the work gives; null where a stop was asked for. `heard` is called as the work tells of itself, with what is to be
 * done with its news: what that throws ends the work, and is thrown here, as nobody could catch it where news arrive.
 */
export async function abortable<T>(
  context: Pick<RunContext, 'stopRequested'>,
  work: (heard: (take?: () => void) => void, signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const stop = new AbortController();
  const failures: unknown[] = [];
  const heard = (take: () => void = () => undefined) => {
    try {
      take();
    } catch (error) {
      failures.push(error);
      stop.abort();
    }
    if (context.stopRequested()) stop.abort();
  };
  heard();
  if (stop.signal.aborted) return null;
  let made: T | null = null;
  try {
    made = await work(heard, stop.signal);
  } catch (error) {
    // A process that took too long over its last batch is ended, which is no failure of a run that was to stop.
    if (!stop.signal.aborted) throw error;
  }
  if (failures.length > 0) throw failures[0];
  return stop.signal.aborted ? null : made;
}
