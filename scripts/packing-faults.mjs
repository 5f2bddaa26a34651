/** @file What a packed application must and must not hold. */

const needed = [
  '/package.json',
  '/out/main/index.js',
  '/out/main/engine.js',
  '/out/main/worker.js',
  '/out/main/foreign.js',
  '/out/main/lane.js',
  '/out/preload/preload.cjs',
  '/out/renderer/index.html',
];

const neverPacked = /^\/(native-models|main|renderer|electron|e2e|bench|scripts|docs)\//;

/**
 * @param {readonly string[]} paths entries of the archive, with a leading slash
 * @param {string} platform `linux`, `darwin` or `win32`
 * @param {string} architecture `x64` or `arm64`
 * @returns {string[]} one sentence per fault
 */
export function packingFaults(paths, platform, architecture) {
  const present = new Set(paths);
  const faults = needed.filter((path) => !present.has(path)).map((path) => `${path} is missing`);
  if (!paths.some((path) => path.startsWith('/samples/') && /\.\w+$/.test(path))) {
    faults.push('/samples holds no file');
  }
  const own = `/node_modules/onnxruntime-node/bin/napi-v6/${platform}/${architecture}/`;
  const libraries = paths.filter((path) => /onnxruntime-node\/bin\/.*\.\w+$/.test(path));
  if (!libraries.some((path) => path.startsWith(own) && path.endsWith('.node'))) {
    faults.push(`${own} holds no library`);
  }
  for (const path of libraries) {
    if (!path.startsWith(own)) faults.push(`${path} belongs to another platform or processor`);
  }
  for (const path of paths) if (neverPacked.test(path)) faults.push(`${path} is source, not part of the app`);
  return faults;
}
