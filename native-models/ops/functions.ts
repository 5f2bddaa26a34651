/** @file Floating-point functions of one operand and the activations of neural networks. */
import type { Tensor } from '../ir/tensor';
import { add, divide, greater, less, maximum, multiply, subtract, where } from './arithmetic';
import { apply, applyOne, defineOp, requireFloating, type LowerContext, type OpDefinition } from './define';
import { defineUnary, type NoAttributes } from './elementwise';

export const negateOp = defineUnary({
  name: 'Negate',
  onnx: 'Neg',
  value: (x) => -x,
  gradient: (_x, _y, up) => negate(up),
  range: [-2, 2],
});

export const reciprocalOp = defineUnary({
  name: 'Reciprocal',
  onnx: 'Reciprocal',
  value: (x) => 1 / x,
  gradient: (_x, y, up) => multiply(multiply(up, square(y)), -1),
  range: [0.5, 2],
});

export const expOp = defineUnary({
  name: 'Exp',
  onnx: 'Exp',
  value: Math.exp,
  gradient: (_x, y, up) => multiply(up, y),
  range: [-2, 2],
});

export const logOp = defineUnary({
  name: 'Log',
  onnx: 'Log',
  value: Math.log,
  gradient: (x, _y, up) => divide(up, x),
  range: [0.2, 3],
});

export const sqrtOp = defineUnary({
  name: 'Sqrt',
  onnx: 'Sqrt',
  value: Math.sqrt,
  gradient: (_x, y, up) => divide(multiply(up, 0.5), y),
  range: [0.2, 3],
});

export const sinOp = defineUnary({
  name: 'Sin',
  onnx: 'Sin',
  value: Math.sin,
  gradient: (x, _y, up) => multiply(up, cos(x)),
  range: [-4, 4],
});

export const cosOp = defineUnary({
  name: 'Cos',
  onnx: 'Cos',
  value: Math.cos,
  gradient: (x, _y, up) => multiply(multiply(up, sin(x)), -1),
  range: [-4, 4],
});

export const tanhOp = defineUnary({
  name: 'Tanh',
  onnx: 'Tanh',
  value: Math.tanh,
  gradient: (_x, y, up) => multiply(up, subtract(1, square(y))),
  range: [-3, 3],
});

export const sigmoidOp = defineUnary({
  name: 'Sigmoid',
  onnx: 'Sigmoid',
  value: logistic,
  gradient: (_x, y, up) => multiply(up, multiply(y, subtract(1, y))),
  range: [-4, 4],
});

const NO_DOUBLE_ERF = 'the Erf kernel of ONNX Runtime knows single precision only';

export const erfOp = defineUnary({
  name: 'Erf',
  float64: { none: NO_DOUBLE_ERF },
  onnx: 'Erf',
  value: errorFunction,
  // d erf(x)/dx = 2/sqrt(pi) exp(-x^2)
  gradient: (x, _y, up) => multiply(up, multiply(exp(multiply(square(x), -1)), 2 / Math.sqrt(Math.PI))),
  range: [-3, 3],
});

export const softplusOp = defineUnary({
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

export const absoluteOp = defineUnary({
  name: 'Absolute',
  onnx: 'Abs',
  value: Math.abs,
  // Two comparisons, because Sign has no WebGPU kernel; the gradient at 0 is 0.
  gradient: (x, _y, up) => where(greater(x, 0), up, where(less(x, 0), negate(up), multiply(up, 0))),
  range: [-2, 2],
});

export const reluOp = defineUnary({
  name: 'Relu',
  onnx: 'Relu',
  value: (x) => Math.max(x, 0),
  gradient: (x, _y, up) => where(greater(x, 0), up, 0),
  range: [-2, 2],
});

export const squareOp = defineOp<NoAttributes>({
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

/**
 * An activation x·g(x) whose gate g(x) is kept as a second output, so that the backward pass need not compute it again.
 */
function defineGated(spec: {
  name: string;
  gate: (x: number) => number;
  /** The derivative of the gate. */
  gateSlope: (x: Tensor, gate: Tensor) => Tensor;
  /** The derivative of x·g(x), from what is known already. */
  slope: (x: Tensor, y: Tensor, gate: Tensor) => Tensor;
  lowerGate: (context: LowerContext<NoAttributes>) => string;
  float64?: { none: string };
}): OpDefinition<NoAttributes> {
  return defineOp<NoAttributes>({
    name: spec.name,
    float64: spec.float64,
    infer(types) {
      requireFloating(spec.name, types);
      return [types[0]!, types[0]!];
    },
    gradient: {
      rule({ inputs: [x], outputs: [y, gate], upstream: [up, upGate] }) {
        const direct = up && multiply(up, spec.slope(x!, y!, gate!));
        const through = upGate && multiply(upGate, spec.gateSlope(x!, gate!));
        return [direct && through ? add(direct, through) : (direct ?? through)];
      },
    },
    lower(context) {
      const gate = spec.lowerGate(context);
      return [context.build.emit('Mul', [context.inputs[0]!, gate]), gate];
    },
    reference: ([x]) => [
      { shape: x!.shape, data: x!.data.map((value) => value * spec.gate(value)) },
      { shape: x!.shape, data: x!.data.map(spec.gate) },
    ],
    cases: [
      { inputs: [{ shape: [3, 4], range: [-4, 4] }], attributes: {} },
      { inputs: [{ shape: [], range: [-4, 4] }], attributes: {} },
    ],
  });
}

export const siluOp = defineGated({
  name: 'Silu',
  gate: logistic,
  gateSlope: (_x, gate) => multiply(gate, subtract(1, gate)),
  // d(x σ) = σ + x σ(1-σ) = σ + y(1-σ)
  slope: (_x, y, gate) => add(gate, multiply(y, subtract(1, gate))),
  lowerGate: ({ inputs, build }) => build.emit('Sigmoid', inputs),
});

export const geluOp = defineGated({
  name: 'Gelu',
  float64: { none: NO_DOUBLE_ERF },
  gate: (x) => 0.5 * (1 + errorFunction(x / Math.SQRT2)),
  gateSlope: normalDensity,
  // d(x Φ) = Φ + x φ(x)
  slope: (x, _y, gate) => add(gate, multiply(x, normalDensity(x))),
  lowerGate({ inputs, inputTypes, build }) {
    const dtype = inputTypes[0]!.dtype;
    const scaled = build.emit('Mul', [inputs[0]!, build.scalar(Math.SQRT1_2, dtype)]);
    const half = build.emit('Mul', [build.emit('Erf', [scaled]), build.scalar(0.5, dtype)]);
    return build.emit('Add', [half, build.scalar(0.5, dtype)]);
  },
});

/** The scale inside the tanh approximation of GELU, and the weight of its cubic term. */
const TANH_SCALE = Math.sqrt(2 / Math.PI);
const TANH_CUBIC = 0.044715;

export const geluTanhOp = defineGated({
  name: 'GeluTanh',
  gate: (x) => 0.5 * (1 + Math.tanh(TANH_SCALE * (x + TANH_CUBIC * x ** 3))),
  gateSlope: tanhGateSlope,
  slope: (x, _y, gate) => add(gate, multiply(x, tanhGateSlope(x, gate))),
  lowerGate({ inputs: [x], inputTypes, build }) {
    const number = (value: number) => build.scalar(value, inputTypes[0]!.dtype);
    const cubic = build.emit('Mul', [build.emit('Mul', [x!, x!]), number(TANH_SCALE * TANH_CUBIC)]);
    const inner = build.emit('Mul', [x!, build.emit('Add', [cubic, number(TANH_SCALE)])]);
    const half = build.emit('Mul', [build.emit('Tanh', [inner]), number(0.5)]);
    return build.emit('Add', [half, number(0.5)]);
  },
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

/** x·sigmoid(x), also called swish. */
export function silu(x: Tensor): Tensor {
  return apply(siluOp, [x], {})[0]!;
}

/** x·Φ(x) with the exact normal distribution function (Hendrycks and Gimpel 2016). */
export function gelu(x: Tensor): Tensor {
  return apply(geluOp, [x], {})[0]!;
}

/** x·½(1 + tanh(√(2/π)(x + 0.044715x³))), the approximation many language models are trained with (ibid.). */
export function geluTanh(x: Tensor): Tensor {
  return apply(geluTanhOp, [x], {})[0]!;
}

/** Keeps values inside an interval; the gradient outside is 0. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  return maximum(where(less(x, high), x, high), low);
}

/** With gate = ½(1+tanh u): d gate/dx = 2·gate·(1−gate)·du/dx. */
function tanhGateSlope(x: Tensor, gate: Tensor): Tensor {
  const inner = add(multiply(square(x), 3 * TANH_SCALE * TANH_CUBIC), TANH_SCALE);
  return multiply(multiply(gate, subtract(1, gate)), multiply(inner, 2));
}

/** exp(-x²/2)/√(2π). */
function normalDensity(x: Tensor): Tensor {
  return multiply(exp(multiply(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
}

function logistic(x: number): number {
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
