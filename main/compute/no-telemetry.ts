/** @file Keeps ONNX Runtime from reporting to its maker: since 1.29 its builds do so unless told otherwise. */

/**
 * Call in the process's main thread before the first session opens: the runtime reads the variable once, and what a
 * worker thread sets in its copy of the environment does not reach it. With it, nothing is sent, and neither a device
 * id in the person's cache folder nor a log in the temporary folder is written.
 */
export function forbidTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY = '1';
}
