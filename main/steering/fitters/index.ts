/** @file The fitters by name. To add one, write its file and its line here, and its row in ../presets.ts. */
import type { SteeringMethod } from '../../contract/steering';
import { actAdd } from './act-add';
import { aura } from './aura';
import { caa } from './caa';
import { detZero } from './det-zero';
import { east } from './east';
import type { Fitter } from './fitter';
import { gaussian } from './gaussian';
import { itiClassifier } from './iti-c';
import { itiMean } from './iti-m';
import { linearAct } from './linear-act';
import { meanAct } from './mean-act';
import { repe } from './repe';
import { selfCond } from './self-cond';

/** Methods fitted hook by hook on activations; LinEAS is trained through the model instead. */
export type FittedMethod = Exclude<SteeringMethod, 'lineas'>;

export const fitters: Readonly<Record<FittedMethod, Fitter>> = {
  'linear-act': linearAct,
  'mean-act': meanAct,
  gaussian,
  caa,
  'act-add': actAdd,
  repe,
  'iti-m': itiMean,
  'iti-c': itiClassifier,
  aura,
  'det-0': detZero,
  'self-cond': selfCond,
  east,
};
