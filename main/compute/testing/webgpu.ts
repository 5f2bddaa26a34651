/** @file Whether WebGPU can be used here, for tests that need it and must say so when they skip. */
import { existsSync } from 'node:fs';
import { listDevices } from '../devices';

/** Null where WebGPU computes rightly here; else the reason. Uses the software driver of Chromium where no other is set. */
export async function findWebGpu(): Promise<string | null> {
  const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
  if (existsSync(driver)) process.env.VK_ICD_FILENAMES ??= driver;
  const status = (await listDevices()).find(({ device }) => device === 'webgpu');
  if (status?.available) return null;
  return status?.reason ?? 'not part of this build';
}
