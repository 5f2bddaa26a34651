/**
 * @file The floors of each tree from the ground up: a folder may import those named before it, none after it. The rules for
 * imports are made from these lists, so that no cycle of folders can come about and a new folder must be given a place.
 */
export const floors = {
  'native-models': [
    'error.ts',
    'debug.ts',
    'ir',
    'random',
    'evaluate',
    'ops',
    'autodiff',
    'passes',
    'trace',
    'io',
    'onnx',
    'nn',
    'optim',
    'train',
    'scaling',
    'zoo',
    'index.ts',
  ],
  main: [
    'contract',
    'disk',
    'foreign',
    'numerics',
    'texts',
    'data',
    'tables',
    'compute',
    'projection',
    'transport',
    'calibration',
    'steering',
    'models',
    'inference',
    'training',
    'images',
    'ode',
    'experiments',
    'study',
    'probes',
    'methods',
    'jobs',
    'runs',
    'claims',
    'sweeps',
    'engine.ts',
    'rpc',
    'server',
    'host',
    'cli',
  ],
  renderer: [
    'engine',
    'state',
    'form',
    'plots',
    'parts',
    'data',
    'model',
    'lab',
    'runs',
    'sweep',
    'panels',
    'commands',
    'app',
    'main.ts',
  ],
};

/** Inside renderer/panels: what every panel may use. No other folder there may be imported by its neighbours. */
export const sharedPanels = ['shell'];

/** All that the view sees of the rest: types of the contract, and the codec of frames. */
export const contract = ['main/rpc/contract', 'main/rpc/wire'];
