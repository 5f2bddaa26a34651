/** @file Floating-point functions of one operand. */
import type { Tensor } from '../ir/tensor';
import { divide, greater, less, maximum, multiply, subtract, where } from './arithmetic';
import { applyOne, defineOp, requireFloating } from './define';
import { defineUnary, type NoAttributes } from './elementwise';

export const negateOp = defineUnary({
  name: 'Negate',
  onnx: 'Neg',
  value: (x) => -x,
  gradient: (_x, _y, up) => negate(up),
  range: [-2, 2],
});

const reciprocalOp = defineUnary({
  name: 'Reciprocal',
  onnx: 'Reciprocal',
  value: (x) => 1 / x,
  gradient: (_x, y, up) => multiply(multiply(up, square(y)), -1),
  range: [0.5, 2],
});

const expOp = defineUnary({
  name: 'Exp',
  onnx: 'Exp',
  value: Math.exp,
  gradient: (_x, y, up) => multiply(up, y),
  range: [-2, 2],
});

const logOp = defineUnary({
  name: 'Log',
  onnx: 'Log',
  value: Math.log,
  gradient: (x, _y, up) => divide(up, x),
  range: [0.2, 3],
});

const sqrtOp = defineUnary({
  name: 'Sqrt',
  onnx: 'Sqrt',
  value: Math.sqrt,
  gradient: (_x, y, up) => divide(multiply(up, 0.5), y),
  range: [0.2, 3],
});

const sinOp = defineUnary({
  name: 'Sin',
  onnx: 'Sin',
  value: Math.sin,
  gradient: (x, _y, up) => multiply(up, cos(x)),
  range: [-4, 4],
});

const cosOp = defineUnary({
  name: 'Cos',
  onnx: 'Cos',
  value: Math.cos,
  gradient: (x, _y, up) => multiply(multiply(up, sin(x)), -1),
  range: [-4, 4],
});

const tanhOp = defineUnary({
  name: 'Tanh',
  onnx: 'Tanh',
  value: Math.tanh,
  gradient: (_x, y, up) => multiply(up, subtract(1, square(y))),
  range: [-3, 3],
});

const sigmoidOp = defineUnary({
  name: 'Sigmoid',
  onnx: 'Sigmoid',
  value: logistic,
  gradient: (_x, y, up) => multiply(up, multiply(y, subtract(1, y))),
  range: [-4, 4],
});

export const NO_DOUBLE_ERF = 'the Erf kernel of ONNX Runtime knows single precision only';

const erfOp = defineUnary({
  name: 'Erf',
  float64: { none: NO_DOUBLE_ERF },
  onnx: 'Erf',
  value: errorFunction,
  // d erf(x)/dx = 2/sqrt(pi) exp(-x^2)
  gradient: (x, _y, up) => multiply(up, multiply(exp(multiply(square(x), -1)), 2 / Math.sqrt(Math.PI))),
  range: [-3, 3],
});

const softplusOp = defineUnary({
  name: 'Softplus',
  onnx: 'Softplus',
  value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  gradient: (x, _y, up) => multiply(up, sigmoid(x)),
  range: [-4, 4],
  lower({ inputs, inputTypes, build }) {
    const { dtype } = inputTypes[0]!;
    if (dtype === 'float32') return [build.emit('Softplus', inputs)];
    // The kernel for doubles is exact to single precision only: max(x, 0) + log(1 + exp(-|x|)).
    const decay = build.emit('Exp', [build.emit('Neg', [build.emit('Abs', inputs)])]);
    const tail = build.emit('Log', [build.emit('Add', [decay, build.scalar(1, dtype)])]);
    return [build.emit('Add', [build.emit('Relu', inputs), tail])];
  },
});

const absoluteOp = defineUnary({
  name: 'Absolute',
  onnx: 'Abs',
  value: Math.abs,
  // Two comparisons, because Sign has no WebGPU kernel; the gradient at 0 is 0.
  gradient: (x, _y, up) => where(greater(x, 0), up, where(less(x, 0), negate(up), multiply(up, 0))),
  range: [-2, 2],
});

const reluOp = defineUnary({
  name: 'Relu',
  onnx: 'Relu',
  value: (x) => Math.max(x, 0),
  gradient: (x, _y, up) => where(greater(x, 0), up, 0),
  range: [-2, 2],
});

const squareOp = defineOp<NoAttributes>({
  name: 'Square',
  infer(types) {
    requireFloating('Square', types);
    return [types[0]!];
  },
  gradient: { rule: ({ inputs: [x], upstream: [up] }) => [multiply(multiply(x!, 2), up!)] },
  lower: ({ inputs, build }) => [build.emit('Mul', [inputs[0]!, inputs[0]!])],
  reference: ([x]) => [{ shape: x!.shape, data: x!.data.map((value) => value * value) }],
  cases: [{ inputs: [{ shape: [3, 4] }], attributes: {} }],
});

export function negate(x: Tensor): Tensor {
  return applyOne(negateOp, [x], {});
}

export function reciprocal(x: Tensor): Tensor {
  return applyOne(reciprocalOp, [x], {});
}

export function exp(x: Tensor): Tensor {
  return applyOne(expOp, [x], {});
}

export function log(x: Tensor): Tensor {
  return applyOne(logOp, [x], {});
}

export function sqrt(x: Tensor): Tensor {
  return applyOne(sqrtOp, [x], {});
}

export function square(x: Tensor): Tensor {
  return applyOne(squareOp, [x], {});
}

export function absolute(x: Tensor): Tensor {
  return applyOne(absoluteOp, [x], {});
}

export function sin(x: Tensor): Tensor {
  return applyOne(sinOp, [x], {});
}

export function cos(x: Tensor): Tensor {
  return applyOne(cosOp, [x], {});
}

export function tanh(x: Tensor): Tensor {
  return applyOne(tanhOp, [x], {});
}

export function sigmoid(x: Tensor): Tensor {
  return applyOne(sigmoidOp, [x], {});
}

export function erf(x: Tensor): Tensor {
  return applyOne(erfOp, [x], {});
}

/** max(x, 0); the gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return applyOne(reluOp, [x], {});
}

/** log(1 + exp(x)), without overflow. */
export function softplus(x: Tensor): Tensor {
  return applyOne(softplusOp, [x], {});
}

/** Keeps values inside an interval; the gradient outside is 0. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  return maximum(where(less(x, high), x, high), low);
}

export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** The error function to double precision: its Taylor series near 0, a continued fraction of erfc beyond. */
export function errorFunction(x: number): number {
  const size = Math.abs(x);
  if (size < 2.5) {
    let term = x;
    let sum = x;
    for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
      term *= (-x * x) / k;
      sum += term / (2 * k + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  // erfc(x) = exp(-x^2)/sqrt(pi) · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …))))
  let fraction = size;
  for (let k = 60; k >= 1; k--) fraction = size + k / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-size * size) / (Math.sqrt(Math.PI) * fraction));
}
