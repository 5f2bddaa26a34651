/** @file Whether WebGPU can be used here, for tests that need it and must say so when they skip. */
import { existsSync } from 'node:fs';
import type { TestContext } from 'vitest';
import { listDevices } from '../devices';

let found: Promise<string | null> | undefined;

/**
 * Null where WebGPU computes rightly here; else the reason. A one-node model decides, never the message of a failed
 * test: only a missing device may skip. Uses the software driver of Chromium where no other is set.
 */
export function findWebGpu(): Promise<string | null> {
  const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
  if (existsSync(driver)) process.env.VK_ICD_FILENAMES ??= driver;
  found ??= listDevices().then((devices) => {
    const status = devices.find(({ device }) => device === 'webgpu');
    return status?.available ? null : (status?.reason ?? 'not part of this build');
  });
  return found;
}

/** Skips the running test, with a printed reason, where there is no WebGPU. */
export async function requireWebGpu(context: Pick<TestContext, 'skip'>): Promise<void> {
  const missing = await findWebGpu();
  if (missing === null) return;
  console.warn(`SKIPPED: no WebGPU on this machine (${missing})`);
  context.skip('no WebGPU here');
}
