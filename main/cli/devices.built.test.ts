/** @file `--set device=webgpu`: it trains there where it can, and on the CPU, saying so, where it cannot. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { RunRecord } from '../contract/engine';
import { requireWebGpu } from '../compute/testing/webgpu';

const folder = mkdtempSync(join(tmpdir(), 'monge-devices-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = {
  coupling: 'independent',
  steps: 4,
  batchSize: 32,
  hidden: 16,
  layers: 1,
  device: 'webgpu',
};

/** A short run with the given Vulkan driver; what it printed and left behind. */
async function run(out: string, driver?: string) {
  const args = [
    'run',
    'flows',
    '--data',
    join('samples', 'two-moons.csv'),
    '--json',
    '--out',
    join(folder, out),
  ];
  for (const [key, value] of Object.entries(settings)) args.push('--set', `${key}=${value}`);
  const child = spawn(process.execPath, [join('bin', 'monge.mjs'), ...args], {
    env: { ...process.env, ...(driver === undefined ? {} : { VK_ICD_FILENAMES: driver }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  expect(code, stderr).toBe(0);
  const { dir } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { dir: string };
  return { stderr, record: JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')) as RunRecord };
}

it('trains on WebGPU where it is there', async (context) => {
  await requireWebGpu(context);
  const { record } = await run('there');
  expect(record).toMatchObject({ status: 'done', device: { asked: 'webgpu', used: 'webgpu' }, notices: [] });
  expect(record.metrics['loss']).toBeGreaterThan(0);
});

it('runs on the CPU and says so where there is no driver', async () => {
  const { record, stderr } = await run('missing', join(folder, 'no-such-driver.json'));
  expect(record).toMatchObject({ status: 'done', device: { asked: 'webgpu', used: 'cpu' } });
  expect(record.notices).toEqual([
    expect.stringMatching(/^WebGPU could not be started .*running on the CPU$/),
  ]);
  expect(stderr).toContain('running on the CPU');
});
