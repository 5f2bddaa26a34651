/** @file `npm run gpu:cuda`: fetches ONNX Runtime's CUDA libraries, which `npm ci` leaves out on purpose. */
import { arch, platform } from 'node:os';
import { packageFile, run } from './run.mjs';

if (platform() !== 'linux' || arch() !== 'x64') {
  console.log(
    `ONNX Runtime has separate CUDA libraries for Linux on x64 only; this is ${platform()} on ${arch()}.\n` +
      'Nothing to do: `--set device=webgpu` uses the graphics card with what is already installed.',
  );
  process.exit(0);
}

console.log(
  "Downloading ONNX Runtime's CUDA libraries (several hundred megabytes) from nuget.org into\n" +
    'node_modules/onnxruntime-node. They need an NVIDIA driver, CUDA 12 and cuDNN 9 on this machine.\n' +
    '`npm ci` removes them again; run this command once more afterwards.\n',
);
const { code } = await run(process.execPath, [
  packageFile('onnxruntime-node', 'script/install.js'),
  '--onnxruntime-node-install=cuda12',
]);
console.log(
  code === 0
    ? '\nDone. ONNX Runtime can now open its CUDA provider; the `device` setting says which devices the engine uses.'
    : '\nThe download failed; see above. Nothing else changed: cpu and webgpu work as before.',
);
process.exitCode = code;
