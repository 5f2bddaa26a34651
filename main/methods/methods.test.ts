import { expect, it } from 'vitest';
import { capture } from './capture';
import { questions as ofCapture } from './capture/questions';
import { conformal } from './conformal';
import { questions as ofConformal } from './conformal/questions';
import { flows } from './flows';
import { questions as ofFlows } from './flows/questions';

it.each([
  { method: flows, questions: ofFlows },
  { method: conformal, questions: ofConformal },
  { method: capture, questions: ofCapture },
])('$method.id answers every question that its panel may ask', ({ method, questions }) => {
  expect(Object.keys(method.queries).sort()).toEqual(Object.keys(questions).sort());
});
