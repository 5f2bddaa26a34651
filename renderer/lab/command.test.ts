/** @file The shell line of a generation: everything that decides the words is in it, and what cannot be said is refused with the reason. */
import { expect, it } from 'vitest';
import { firstSampling } from './chat.svelte';
import { generateCommand, type CommandOf } from './command';

const asked: CommandOf = {
  path: '/models/tiny lm',
  mode: 'prompt',
  prompt: "The road's end",
  messages: [],
  entry: '',
  system: '',
  sampling: { ...firstSampling, seed: 7, stop: ['.'] },
  level: 'fp32',
};

it('says prompt, sampling, level and seed, quoted for the shell', () => {
  expect(generateCommand(asked).line).toBe(
    `npx monge run generate --model '/models/tiny lm' --prompt 'The road'\\''s end' ` +
      `--set temperature=0.7,topP=0.95,topK=40,minP=0,repetitionPenalty=1,maxTokens=128,level=fp32 ` +
      `--set 'stop=["."]' --seed 7`,
  );
  expect(generateCommand({ ...asked, path: 'C:\\my models\\a.gguf', prompt: 'Once' }).line).toContain(
    '--model "C:\\my models\\a.gguf" --prompt Once ',
  );
});

it('says a first message through the template, and no longer conversation', () => {
  const chat: CommandOf = { ...asked, mode: 'messages', prompt: '', entry: ' Hello ' };
  expect(generateCommand(chat).line).toContain('--prompt Hello --set chat=true,');
  const said = [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi' },
  ] as const;
  expect(generateCommand({ ...chat, messages: said, entry: '' }).line).toContain('--prompt Hello ');
  expect(generateCommand({ ...chat, messages: said }).reason).toMatch('one message');
  expect(generateCommand({ ...chat, system: 'Be brief.' }).reason).toMatch('system message');
  expect(generateCommand({ ...asked, prompt: ' ' }).reason).toMatch('nothing');
});
