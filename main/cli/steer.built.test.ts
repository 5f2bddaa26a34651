/** @file `monge run steer`: the command line of the method's page, a stop by a signal and what goes on from it, and what is the input's fault. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'monge-steer-'));
const sides: string[] = [];
const env = { ...process.env, MONGE_HOME: join(folder, 'home') };

beforeAll(() => {
  const rows = readFileSync('samples/sentences.jsonl', 'utf8').trim().split('\n');
  const isSport = (row: string) => row.includes('"sport"');
  for (const [name, kept] of [
    ['a.jsonl', rows.filter((row) => !isSport(row))],
    ['b.jsonl', rows.filter(isSport)],
  ] as const) {
    const path = join(folder, name);
    writeFileSync(path, `${kept.join('\n')}\n`);
    sides.push('--data', `${name === 'a.jsonl' ? 'source' : 'target'}=${path}`);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const words = (...args: string[]) => ['bin/monge.mjs', ...args, '--json', '--out', folder];
function monge(...args: string[]) {
  const { status, stdout } = spawnSync(process.execPath, words(...args), { encoding: 'utf8', env });
  return { status, answer: JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown> };
}
const steer = (...args: string[]) => monge('run', 'steer', '--model', 'samples/tiny-lm', ...args);
const QUICK = 'n=24,copies=2,maxTokens=4,neutralTexts=4,strengthPrompts=0,control=none';

describe('monge run steer', { timeout: 120_000 }, () => {
  it('takes sides by name, settings with ranges and lists, and prompts', () => {
    const { status, answer } = steer(
      ...sides,
      ...['--set', `method=linear-act,hooks=norm_attn_in:*,norm_mlp_in:2-3,lambda=0:1:0.5,${QUICK}`],
      ...['--prompt', 'Once upon a time'],
    );
    expect(status).toBe(0);
    const { dir, metrics } = answer as { dir: string; metrics: Record<string, number> };
    for (const name of ['presence', 'perplexity', 'perplexityData'])
      for (const lambda of ['0', '0.5', '1'])
        expect(Number.isFinite(metrics[`${name}.lambda${lambda}`]), `${name} ${lambda}`).toBe(true);
    expect(metrics).toMatchObject({ hooks: 6, transportedShare: 1 });
    const lines = readFileSync(join(dir, 'artifacts', 'sweep.csv'), 'utf8')
      .trim()
      .split('\n');
    expect(lines.slice(1).map((line) => line.split(',').slice(0, 3).join())).toEqual([
      'fitted,0,2',
      'fitted,0.5,2',
      'fitted,1,2',
    ]);
    const [first] = readFileSync(join(dir, 'artifacts', 'texts.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(first!)).toMatchObject({ prompt: 'Once upon a time', lambda: 0 });
    const file = join(folder, 'steered.onnx');
    const exported = spawnSync(process.execPath, ['bin/monge.mjs', 'export', dir, '--onnx', '--file', file], {
      encoding: 'utf8',
      env,
    });
    expect(exported.status, exported.stderr).toBe(0);
    // The maps that a run wrote can be swept by another.
    const again = steer(
      ...sides,
      ...['--vectors', `maps=${join(dir, 'artifacts', 'maps.safetensors')}`],
      ...['--set', `lambda=0:1:0.5,${QUICK}`, '--prompt', 'Once upon a time'],
    );
    expect((again.answer as { metrics: object }).metrics).toMatchObject({
      'perplexity.lambda1': metrics['perplexity.lambda1'],
    });
  });

  it('goes on after a signal to the texts of a run that was left alone', async () => {
    const settings = [
      '--set',
      `method=mean-act,certify=false,lambda=0:1:0.25,${QUICK.replace('copies=2', 'copies=40')}`,
    ];
    const args = [...sides, ...settings, '--prompt', 'The'];
    const whole = steer(...args).answer as { dir: string };
    const child = spawn(process.execPath, words('run', 'steer', '--model', 'samples/tiny-lm', ...args), {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let told = '';
    child.stderr.on('data', (text: Buffer) => {
      told += text.toString();
      // A second signal ends it at once.
      if (!child.killed && /writing at λ = 1/.test(told)) child.kill('SIGTERM');
    });
    let printed = '';
    child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(75);
    const { dir, status } = JSON.parse(printed.trim().split('\n').at(-1)!) as { dir: string; status: string };
    expect(status).toBe('stopped');
    expect(monge('resume', dir).status).toBe(0);
    for (const name of ['maps.safetensors', 'texts.jsonl', 'sweep.csv'])
      expect(
        Buffer.compare(
          readFileSync(join(dir, 'artifacts', name)),
          readFileSync(join(whole.dir, 'artifacts', name)),
        ),
        name,
      ).toBe(0);
  });

  it.each([
    ['side-missing', ['--data', 'source=samples/sentences.jsonl']],
    ['label-unknown', ['--data', 'source=samples/sentences.jsonl', '--set', 'from=food,to=chess']],
    ['config-invalid', ['--data', 'source=samples/sentences.jsonl', '--set', 'to=sport,lambda=abc']],
    ['file-not-found', ['--data', 'source=nowhere.jsonl']],
    ['prompt-empty', ['--data', 'source=samples/sentences.jsonl', '--set', 'to=sport', '--prompt', '']],
  ])('blames the input with %s', (code, args) => {
    const { status, answer } = steer(...args);
    expect(status).toBe(2);
    expect(answer).toMatchObject({ error: { code } });
  });
});
