/** @file The Capture method: a language model reads texts, and its hooks become matrices that other methods take. */
import { defineMethod } from '../../contract/define';
import { projectionAnswers } from '../../projection/questions';
import { config, inputs, type CaptureConfig, type Inputs } from './config';
import { metrics } from './metrics';
import { openRows } from './rows';
import { runCapture } from './run';

export const capture = defineMethod({
  id: 'capture',
  title: 'Capture',
  summary: 'Reads texts with a language model and keeps what its hooks hold, one matrix per hook.',
  cite: 'arXiv:1610.01644',
  icon: 'layers',
  inputs,
  config,
  run: runCapture,
  queries: projectionAnswers<CaptureConfig, unknown, Inputs>(openRows),
  metrics,
  // Nothing is learned here that could be claimed; what a capture promises is checked in every run.
  claims: [],
});
