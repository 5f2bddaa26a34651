import { expect, it } from 'vitest';
import { capture } from './capture';
import { questions as ofCapture } from './capture/questions';
import { conformal } from './conformal';
import { questions as ofConformal } from './conformal/questions';
import { flows } from './flows';
import { questions as ofFlows } from './flows/questions';
import { probes } from './probes';
import { questions as ofProbes } from './probes/questions';
import { steer } from './steer';
import { questions as ofSteer } from './steer/questions';

it.each([
  { method: flows, questions: ofFlows },
  { method: conformal, questions: ofConformal },
  { method: capture, questions: ofCapture },
  { method: probes, questions: ofProbes },
  { method: steer, questions: ofSteer },
])('$method.id answers every question that its panel may ask', ({ method, questions }) => {
  // Figures are asked for by their own name.
  const asked = Object.keys(method.queries).filter((name) => !name.startsWith('figure.'));
  expect(asked.sort()).toEqual(Object.keys(questions).sort());
});
