/** @file Work of the model that ends when a person asks for a stop. */
import type { RunContext } from '../../contract/define';

/** What the work gives; null where a stop was asked for. `heard` is called as the work tells of itself. */
export async function abortable<T>(
  context: Pick<RunContext, 'stopRequested'>,
  work: (heard: () => void, signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const stop = new AbortController();
  const heard = () => {
    if (context.stopRequested()) stop.abort();
  };
  heard();
  if (stop.signal.aborted) return null;
  try {
    const made = await work(heard, stop.signal);
    return stop.signal.aborted ? null : made;
  } catch (error) {
    // A process that took too long over its last batch is ended, which is no failure of a run that was to stop.
    if (!stop.signal.aborted) throw error;
    return null;
  }
}
