/** @file The guarded runs: what is asked of the built command line, and carrying it out in a folder of its own. */
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run.mjs';
import { artifactsOf, digest, fingerprint } from './fingerprint.mjs';

const flows = (sample, settings) => ['run', 'flows', '--data', join('samples', sample), ...set(settings)];
const moons = (settings) => flows('two-moons.csv', { ...settings, pairs: 8192, steps: 600 });

/** The longest first, so that two lanes end together. */
export const guardedRuns = [
  { name: 'claim C2', claim: 'C2', command: ['claims', 'flows', '--quick', '--only', 'C2', '--seeds', '2'] },
  {
    name: 'flows digits with classes',
    command: flows('drawn-digits-images-idx3-ubyte.gz', {
      ...{ condition: 'label', coupling: 'sinkhorn', poolSize: 512, pairs: 2048 },
      ...{ network: 'unet', channels: 8, levels: 2, batchSize: 64, steps: 150, frechetSamples: 64 },
    }),
  },
  {
    name: 'conformal all scores',
    command: [
      ...['run', 'conformal', '--data', join('samples', 'two-outputs.csv')],
      ...set({ targets: 'y1,y2', scores: 'all', repeats: 2 }),
    ],
  },
  {
    name: 'flows semidiscrete',
    command: moons({ coupling: 'semidiscrete', poolSize: 1024, semidiscreteIterations: 1000 }),
  },
  { name: 'flows sinkhorn', command: moons({ coupling: 'sinkhorn', poolSize: 1024 }) },
  { name: 'flows assignment', command: moons({ coupling: 'assignment', poolSize: 512 }) },
  { name: 'flows independent', command: moons({ coupling: 'independent' }) },
];

/**
 * Makes one run with the command line of a checkout and says what came of it.
 * @param {{ name: string, command: string[], claim?: string }} guarded
 * @param {{ root: string, folder: string }} options `folder` is made and keeps the runs
 * @returns {Promise<Record<string, Record<string, Record<string, unknown>>>>} a fingerprint by run
 */
export async function perform({ name, command, claim }, { root, folder }) {
  mkdirSync(folder, { recursive: true });
  const monge = (...args) => commandLine(root, join(folder, 'home'), args);
  // One thread: sums are then taken in one order, however many cores there are.
  if (!claim) {
    await monge(...command, '--seed', '1', '--threads', '1', '--json', '--out', folder);
    const [found] = runsIn(folder);
    const exported = join(folder, 'exported.onnx');
    await monge('export', found.folder, '--onnx', '--file', exported);
    const print = fingerprint(found.folder);
    return {
      [name]: { ...print, files: { ...print.files, 'export --onnx': digest(readFileSync(exported)) } },
    };
  }
  await monge(...command, '--threads', '1', '--json', '--runs', folder);
  const parts = runsIn(folder).map((found) => [found.name, fingerprint(found.folder)]);
  return { [name]: { outcome: outcome(folder, claim) }, ...Object.fromEntries(parts) };
}

/** The runs of a folder in the order of their names, which tell arm and seed. */
function runsIn(folder) {
  return readdirSync(folder)
    .filter((name) => artifactsOf(join(folder, name)) !== null)
    .map((name) => ({
      folder: join(folder, name),
      name: JSON.parse(readFileSync(join(folder, name, 'run.json'), 'utf8')).name,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a claim's experiments showed, without times, machine and the names of the runs. */
function outcome(folder, id) {
  const { claims } = JSON.parse(readFileSync(join(folder, 'claims', 'flows.json'), 'utf8'));
  const { verdict, sentence, arms, tests } = claims[id].quick;
  const numbers = arms.map((arm) => [arm.recipe, arm.label, arm.config, arm.numbers]);
  return { verdict, sentence, arms: digest(JSON.stringify(numbers)), tests: digest(JSON.stringify(tests)) };
}

async function commandLine(root, home, args) {
  const { code, output } = await run(process.execPath, [join(root, 'bin', 'monge.mjs'), ...args], {
    cwd: root,
    capture: true,
    env: { MONGE_HOME: home, MONGE_RUNS: undefined },
  });
  if (code !== 0)
    throw new Error(`monge ${args.join(' ')} ended with ${code}:\n${output.trim().slice(-2000)}`);
}

function set(settings) {
  const pairs = { ...settings, device: 'cpu' };
  return [
    '--set',
    Object.entries(pairs)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
  ];
}
