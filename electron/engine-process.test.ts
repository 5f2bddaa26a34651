/** @file The engine's process: one port per page load, restarts with growing waits, a close that waits for the checkpoint. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebContents } from 'electron';

vi.mock('electron', () => import('./testing/fake-electron'));
import { toPage } from './channels';
import { EngineProcess } from './engine-process';
import { children, FakeContents, MessageChannelMain, utilityProcess } from './testing/fake-electron';

const options = { runsFolder: '/r', workspaceFolder: '/w', samplesFolder: '/s', version: '0.1.0' };
const gaveUp = vi.fn();

function startedEngine(): { engine: EngineProcess; page: FakeContents } {
  const engine = new EngineProcess('/out/main/engine.js', options, gaveUp);
  engine.start();
  const page = new FakeContents();
  engine.connect(page as unknown as WebContents);
  return { engine, page };
}

const optionsOf = (start: number) => JSON.parse(utilityProcess.fork.mock.calls[start]![1][0]!) as object;
const newest = () => children.at(-1)!;
const states = (page: FakeContents) =>
  page.send.mock.calls
    .filter(([channel]) => channel === toPage.engineState)
    .map(([, state]) => state as object);

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  children.length = 0;
  MessageChannelMain.made.length = 0;
});
afterEach(() => vi.useRealTimers());

describe('starting', () => {
  it('forks the built engine once, with its folders as JSON', () => {
    const { engine } = startedEngine();
    engine.start();
    expect(utilityProcess.fork).toHaveBeenCalledOnce();
    const [script, args, settings] = utilityProcess.fork.mock.calls[0]!;
    expect(script).toBe('/out/main/engine.js');
    expect(JSON.parse(args[0]!)).toEqual(options);
    expect(settings).toMatchObject({ serviceName: 'monge-engine' });
  });
});

describe('connecting', () => {
  it('gives one end of a new channel to the engine and the other to the page', () => {
    const { page } = startedEngine();
    const { port1, port2 } = MessageChannelMain.made[0]!;
    expect(newest().postMessage.mock.calls).toEqual([[{ type: 'connect' }, [port1]]]);
    expect(page.postMessage.mock.calls).toEqual([[toPage.enginePort, null, [port2]]]);
  });

  it('makes a new channel for every load of the page', () => {
    const { engine, page } = startedEngine();
    engine.connect(page as unknown as WebContents);
    expect(MessageChannelMain.made).toHaveLength(2);
    expect(page.postMessage).toHaveBeenCalledTimes(2);
  });

  it('sends nothing to a page that is gone', () => {
    const { engine, page } = startedEngine();
    page.destroyed = true;
    engine.connect(page as unknown as WebContents);
    expect(page.postMessage).toHaveBeenCalledOnce();
  });
});

describe('an engine that dies', () => {
  it('is announced, started again after a wait, and connected to the same page', () => {
    const { page } = startedEngine();
    newest().emit('exit', 139);
    expect(states(page)).toEqual([{ state: 'stopped', exitCode: 139, restartInMilliseconds: 250 }]);
    expect(children).toHaveLength(1);
    vi.advanceTimersByTime(250);
    expect(children).toHaveLength(2);
    expect(newest().postMessage).toHaveBeenCalledWith({ type: 'connect' }, [expect.anything()]);
    expect(page.postMessage).toHaveBeenCalledTimes(2);
  });

  it('has its runs taken up by the next one, which tells them and their steps; other messages are ignored', () => {
    const { page } = startedEngine();
    expect(optionsOf(0)).toEqual(options);
    newest().emit('exit', 139);
    vi.advanceTimersByTime(250);
    expect(optionsOf(1)).toEqual({ ...options, resumeInterrupted: true });
    expect(states(page), 'not before it is open').toHaveLength(1);
    newest().emit('message', { type: 'resumed', runs: [{ run: 1 }] });
    newest().emit('message', 'hello');
    newest().emit('message', { type: 'resumed', runs: [{ run: 'flows-1', step: 800 }] });
    expect(states(page).slice(1)).toEqual([{ state: 'restarted', resumed: [{ run: 'flows-1', step: 800 }] }]);
  });

  it('is restarted ever more slowly, then no more until a person asks', () => {
    const { engine, page } = startedEngine();
    const waits: number[] = [];
    for (let death = 0; death < 6; death += 1) {
      newest().emit('exit', 1);
      const last = states(page).at(-1) as { restartInMilliseconds: number };
      waits.push(last.restartInMilliseconds);
      vi.advanceTimersByTime(last.restartInMilliseconds);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 5000, 10_000]);
    newest().emit('exit', 1);
    expect(states(page).at(-1)).toEqual({ state: 'gave-up', exitCode: 1 });
    expect(gaveUp).toHaveBeenCalledOnce();

    // The page asks by itself when its port closes; that must not start the cycle anew.
    engine.connect(page as unknown as WebContents);
    vi.advanceTimersByTime(60_000);
    expect(children).toHaveLength(7);
    engine.forgive();
    expect(children).toHaveLength(8);
    expect(optionsOf(7), 'what ended it six times waits for a person').toEqual(options);
    expect(newest().postMessage).toHaveBeenCalledWith({ type: 'connect' }, [expect.anything()]);
  });

  it('has its waits forgotten after a minute of good health', () => {
    const { page } = startedEngine();
    newest().emit('exit', 1);
    vi.advanceTimersByTime(250);
    vi.advanceTimersByTime(60_000);
    newest().emit('exit', 1);
    expect(states(page).at(-1)).toMatchObject({ state: 'stopped', restartInMilliseconds: 250 });
  });
});

describe('closing', () => {
  it('asks the engine to save, waits for its end, and starts no other', async () => {
    const { engine, page } = startedEngine();
    const closed = engine.close();
    expect(newest().postMessage).toHaveBeenLastCalledWith({ type: 'close' });
    newest().emit('exit', 0);
    await closed;
    vi.advanceTimersByTime(60_000);
    expect(children).toHaveLength(1);
    expect(states(page)).toEqual([]);
  });

  it('ends an engine that does not answer', async () => {
    const { engine } = startedEngine();
    const closed = engine.close();
    await vi.advanceTimersByTimeAsync(15_000);
    await closed;
    expect(newest().kill).toHaveBeenCalledOnce();
  });
});
