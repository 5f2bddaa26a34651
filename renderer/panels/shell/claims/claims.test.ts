/** @file The claims as cards: verdicts in words, numbers, an experiment that is started, followed and stopped. */
import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import { idleClaims } from '../../../testing/memory-engine';
import type { ClaimInfo, ClaimRecord, ClaimsProgress } from '../../../../main/rpc/contract';
import type { EngineClient } from '../../../engine/client';
import { ClaimsState } from './claims.svelte';
import ClaimsTab from './ClaimsTab.svelte';

afterEach(cleanup);

const outcome: ClaimRecord = {
  id: 'C1',
  verdict: 'holds',
  sentence: 'Curvature falls from 1.4 to 0.1.',
  seeds: [0, 1, 2],
  arms: [
    {
      label: 'n = 256',
      recipe: 'Two moons',
      config: {},
      runs: ['a', 'b', 'c'],
      numbers: [{ metric: 'curvature', values: [1, 2, 3], mean: 2, deviation: 1 }],
    },
  ],
  tests: [
    {
      statement: 'κ: independent > n = 256',
      differences: [1, 1, 1],
      agree: 3,
      mean: 1,
      interval: null,
      signP: 0.125,
      permutationP: 0.125,
      rule: '3 of 3 seeds agree',
      decides: true,
      holds: true,
    },
  ],
  quick: true,
  finished: '2026-01-02T03:04:05Z',
  seconds: 42,
  machine: { processor: 'p', cores: 2, threads: 2, memory: '8 GB', system: 'linux' },
  versions: {},
  data: [],
  command: 'monge claims flows --only C1 --quick',
  error: null,
};
const claim = (id: string, outcomes: ClaimRecord[], gate = true): ClaimInfo => ({
  id,
  statement: `Statement of ${id}`,
  source: 'LSC, section 4',
  gate,
  needs: [],
  trainings: { quick: 6, full: 20 },
  outcomes,
});
const idle: ClaimsProgress = { ...idleClaims, quick: true };

function open() {
  let tell: (progress: ClaimsProgress) => void = () => {};
  const running: ClaimsProgress = {
    ...idle,
    state: 'running',
    ids: ['C2'],
    claim: 'C2',
    trainings: 6,
    done: 2,
    training: 'n = 512, seed 1',
    secondsLeft: 65,
  };
  const api = {
    claims: vi.fn(async () => [claim('C1', [outcome]), claim('C2', [], false)]),
    claimsProgress: vi.fn(async () => idle),
    runClaims: vi.fn(async () => running),
    stopClaims: vi.fn(async () => ({ ...running, state: 'stopping' as const })),
  };
  const engine = {
    connected: true,
    api,
    on: (_event: string, handler: typeof tell) => ((tell = handler), () => {}),
  };
  const oncopy = vi.fn();
  const claims = new ClaimsState(engine as unknown as EngineClient, 'flows');
  render(ClaimsTab, { claims, method: 'flows', oncopy });
  return { api, oncopy, tell: (progress: ClaimsProgress) => tell(progress), running };
}

it('says what holds, with its numbers, seeds and test', async () => {
  const { oncopy } = open();
  const card = within(await screen.findByRole('article', { name: /Statement of C1/ }));
  expect(card.getAllByText('holds')).toHaveLength(2);
  expect(card.getByText('2.0 ± 1.0')).toBeTruthy();
  expect(card.getByText(/quick experiment, seeds 0, 1, 2/)).toBeTruthy();
  expect(card.getByText(/3 of 3 seeds agree/)).toBeTruthy();
  await fireEvent.click(card.getByRole('button', { name: 'Copy as command' }));
  expect(oncopy).toHaveBeenCalledWith('monge claims flows --only C1 --quick', 'the command');
  const other = within(screen.getByRole('article', { name: /Statement of C2/ }));
  expect(other.getByText('not run')).toBeTruthy();
  expect(other.getByText(/only reported/)).toBeTruthy();
  expect(screen.getByText('2 claims: 1 hold, 1 not run')).toBeTruthy();
});

it('starts an experiment, follows it, stops it, and reads what came out', async () => {
  const { api, tell, running } = open();
  const find = () => within(screen.getByRole('article', { name: /Statement of C2/ }));
  await screen.findByRole('article', { name: /Statement of C2/ });
  await fireEvent.click(find().getByRole('button', { name: 'Run quick' }));
  expect(api.runClaims).toHaveBeenCalledWith('flows', { quick: true, ids: ['C2'] });
  await vi.waitFor(() =>
    expect(find().getByText(/2 of 6 trainings · n = 512, seed 1 · 1:05 left/)).toBeTruthy(),
  );
  const first = within(screen.getByRole('article', { name: /Statement of C1/ }));
  expect(first.getByRole<HTMLButtonElement>('button', { name: 'Run quick' }).disabled).toBe(true);
  await fireEvent.click(find().getByRole('button', { name: 'Stop' }));
  await vi.waitFor(() => expect(find().getByRole('button', { name: 'Stopping' })).toBeTruthy());
  const asked = api.claims.mock.calls.length;
  tell({ ...running, method: 'other', state: 'idle' });
  expect(api.claims.mock.calls.length).toBe(asked);
  tell(idle);
  await vi.waitFor(() => expect(api.claims.mock.calls.length).toBe(asked + 1));
  await vi.waitFor(() => expect(find().getByRole('button', { name: 'Run quick' })).toBeTruthy());
});
