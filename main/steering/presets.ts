/** @file The table of steering methods as settings: what each reads, which units it moves, and how its strength acts. */
import type {
  SteeringEstimation,
  SteeringForm,
  SteeringMethod,
  SteeringPooling,
  SupportName,
} from '../contract/steering';

/** Methods that move only the best units, or groups of them, of all hooks together. */
export interface UnitChoice {
  of: 'units' | 'heads';
  count: number;
  /** Below or at this merit a unit is chance. */
  above: number;
}

export interface Preset {
  title: string;
  /** arXiv number; null for what is only in released code. */
  paper: string | null;
  pooling: SteeringPooling;
  form: SteeringForm;
  support: SupportName;
  estimation: SteeringEstimation;
  /** The hooks of a first fit, as `selectHooks` reads them. */
  roles: string;
  /** Whether one block is searched for, or all hooks are steered. */
  layers: 'all' | 'search';
  choice: UnitChoice | null;
  /** The strength to begin with, and whether more than 1 has a meaning in the method itself. */
  lambda: number;
  bounded: boolean;
  /** The fewest and most texts of a side. */
  texts: 'one' | 'many';
}

const transport = {
  pooling: 'mean',
  form: 'interpolate',
  support: 'q_all',
  estimation: 'causal',
  roles: 'norm_attn_*,norm_mlp_*',
  layers: 'all',
  choice: null,
  lambda: 1,
  bounded: true,
  texts: 'many',
} as const;

const direction = {
  pooling: 'last',
  form: 'add',
  support: 'q_all',
  estimation: 'simultaneous',
  roles: 'resid_post',
  layers: 'search',
  choice: null,
  lambda: 1,
  bounded: false,
  texts: 'many',
} as const;

const experts = {
  pooling: 'max',
  form: 'interpolate',
  support: 'q_all',
  estimation: 'simultaneous',
  roles: 'mlp_act',
  layers: 'all',
  lambda: 1,
  bounded: true,
  texts: 'many',
} as const;

/**
 * 48 of the 1,024 heads of the model it was published with. There is no hook on the output of single heads here: the same is
 * reached at their values, since rows of attention sum to 1, for all heads that share them.
 */
const heads: UnitChoice = { of: 'heads', count: 48, above: 0.5 };

/** Table 1 of arXiv 2410.23054, with what its authors' code adds. Supports are those for induction: everything moves. */
export const presets: Readonly<Record<SteeringMethod, Preset>> = {
  'linear-act': { title: 'Linear-AcT', paper: '2410.23054', ...transport },
  'mean-act': { title: 'Mean-AcT', paper: '2410.23054', ...transport },
  gaussian: { title: 'Gaussian transport', paper: null, ...transport },
  caa: { title: 'CAA', paper: '2312.06681', ...direction },
  'act-add': { title: 'ActAdd', paper: '2308.10248', ...direction, texts: 'one' },
  repe: { title: 'RePE', paper: '2310.01405', ...direction, texts: 'one' },
  'iti-m': { title: 'ITI, mass means', paper: '2306.03341', ...direction, roles: 'v', choice: heads },
  'iti-c': {
    title: 'ITI, classifier',
    paper: '2306.03341',
    ...direction,
    roles: 'v',
    choice: heads,
    lambda: 15,
  },
  aura: { title: 'AurA', paper: '2407.12824', ...experts, choice: null },
  'det-0': {
    title: 'Det-0',
    paper: '2407.12824',
    ...experts,
    choice: { of: 'units', count: 50, above: 0.5 },
  },
  'self-cond': {
    title: 'Self-conditioning',
    paper: '2110.02802',
    ...experts,
    choice: { of: 'units', count: 50, above: 0 },
  },
  east: { title: 'EAST', paper: '2406.00244', ...direction },
  lineas: { title: 'LinEAS', paper: '2503.10679', ...transport, estimation: 'end-to-end' },
};
