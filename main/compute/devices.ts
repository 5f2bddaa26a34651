/** @file Which devices this machine has: found out by running a one-node model on each. */
import { listSupportedBackends } from 'onnxruntime-node';
import { openCompute } from './session';
import type { UsedDevice } from '../contract/compute';

export interface DeviceStatus {
  device: UsedDevice;
  available: boolean;
  reason?: string;
}

// y = x + x for one float: ONNX IR 10, opset 21.
const probe = 'CAo6OgoTCgF4CgF4EgF5GgNhZGQiA0FkZBIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBU=';

/** The devices in order of preference, each with the reason where it is not available. */
export async function listDevices(gpuLock?: SharedArrayBuffer): Promise<DeviceStatus[]> {
  const statuses: DeviceStatus[] = [{ device: 'cpu', available: true }];
  if (!listSupportedBackends().some((backend) => backend.name === 'webgpu'))
    return [...statuses, { device: 'webgpu', available: false, reason: 'not part of this build' }];
  const compute = openCompute({ threads: 1, gpuLock });
  try {
    const session = await compute.open(new Uint8Array(Buffer.from(probe, 'base64')), {
      device: 'webgpu',
      strict: true,
      label: 'device probe',
    });
    const { y } = await session.run({ x: { type: 'float32', data: Float32Array.of(2), dims: [1] } });
    const right = y?.data[0] === 4;
    statuses.push(
      right
        ? { device: 'webgpu', available: true }
        : { device: 'webgpu', available: false, reason: 'it computes wrong results here' },
    );
  } catch (error) {
    statuses.push({ device: 'webgpu', available: false, reason: whyNot(error) });
  } finally {
    await compute.close();
  }
  return statuses;
}

function whyNot(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  return (/was false\. ([^\n]+)/.exec(text)?.[1] ?? text).trim().slice(0, 300);
}
