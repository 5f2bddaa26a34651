/** @file Activations x·g(x) with a gate between 0 and 1: SiLU and the two forms of GELU. */
import type { Tensor } from '../ir/tensor';
import type { DType } from '../ir/types';
import { add, multiply, subtract } from './arithmetic';
import {
  apply,
  defineOp,
  requireFloating,
  type LowerContext,
  type Lowering,
  type OpDefinition,
} from './define';
import type { NoAttributes } from './elementwise';
import { errorFunction, exp, logistic, NO_DOUBLE_ERF, square } from './functions';

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

const siluOp = defineGated({
  name: 'Silu',
  gate: logistic,
  gateSlope: (_x, gate) => multiply(gate, subtract(1, gate)),
  // d(x σ) = σ + x σ(1-σ) = σ + y(1-σ)
  slope: (_x, y, gate) => add(gate, multiply(y, subtract(1, gate))),
  lowerGate: ({ inputs, build }) => build.emit('Sigmoid', inputs),
});

const geluOp = defineGated({
  name: 'Gelu',
  float64: { none: NO_DOUBLE_ERF },
  gate: (x) => 0.5 * (1 + errorFunction(x / Math.SQRT2)),
  gateSlope: normalDensity,
  // d(x Φ) = Φ + x φ(x)
  slope: (x, _y, gate) => add(gate, multiply(x, normalDensity(x))),
  lowerGate({ inputs, inputTypes, build }) {
    const dtype = inputTypes[0]!.dtype;
    const scaled = build.emit('Mul', [inputs[0]!, build.scalar(Math.SQRT1_2, dtype)]);
    return toUnitInterval(build.emit('Erf', [scaled]), dtype, build);
  },
});

/** ½(1 + v) for v from -1 to 1. In single precision HardSigmoid does it in one pass; its bounds are never exceeded. */
function toUnitInterval(v: string, dtype: DType, build: Lowering): string {
  if (dtype === 'float32')
    return build.emit('HardSigmoid', [v], { alpha: { float: 0.5 }, beta: { float: 0.5 } });
  const half = build.scalar(0.5, dtype);
  return build.emit('Add', [build.emit('Mul', [v, half]), half]);
}

/** The scale inside the tanh approximation of GELU, and the weight of its cubic term. */
const TANH_SCALE = Math.sqrt(2 / Math.PI);
const TANH_CUBIC = 0.044715;

const geluTanhOp = defineGated({
  name: 'GeluTanh',
  gate: (x) => 0.5 * (1 + Math.tanh(TANH_SCALE * (x + TANH_CUBIC * x ** 3))),
  gateSlope: tanhGateSlope,
  slope: (x, _y, gate) => add(gate, multiply(x, tanhGateSlope(x, gate))),
  lowerGate({ inputs: [x], inputTypes, build }) {
    const number = (value: number) => build.scalar(value, inputTypes[0]!.dtype);
    const cubic = build.emit('Mul', [build.emit('Mul', [x!, x!]), number(TANH_SCALE * TANH_CUBIC)]);
    const inner = build.emit('Mul', [x!, build.emit('Add', [cubic, number(TANH_SCALE)])]);
    return toUnitInterval(build.emit('Tanh', [inner]), inputTypes[0]!.dtype, build);
  },
});

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

/** With gate = ½(1+tanh u): d gate/dx = 2·gate·(1−gate)·du/dx. */
function tanhGateSlope(x: Tensor, gate: Tensor): Tensor {
  const inner = add(multiply(square(x), 3 * TANH_SCALE * TANH_CUBIC), TANH_SCALE);
  return multiply(multiply(gate, subtract(1, gate)), multiply(inner, 2));
}

/** exp(-x²/2)/√(2π). */
function normalDensity(x: Tensor): Tensor {
  return multiply(exp(multiply(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
}
