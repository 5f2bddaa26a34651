/** @file The table of operations in docs/ops.md, made from their declarations and checked by trying them. */
import { gradient } from '../autodiff/gradient';
import { MongeError } from '../error';
import type { Attributes, Tensor } from '../ir/tensor';
import { formatType, isFloating } from '../ir/types';
import { add } from '../ops/arithmetic';
import { declaredOps, type OpCase, type OpDefinition } from '../ops/define';
import { trace } from '../trace/trace';
import { caseGraph, caseTypes, fitsWebGpu, hasGradient, weightedLoss, weightedSum } from './op-cases';

const HEAD = ['operation', 'shape rule, by example', 'gradient', 'second', 'CPU f32', 'CPU f64', 'WebGPU'];

/** Markdown: one row per operation in order of name, then the reasons behind every no. */
export function opsTable(): string {
  const notes: string[] = [];
  const note = (reason: string) => {
    if (!notes.includes(reason)) notes.push(reason);
    return `no [${notes.indexOf(reason) + 1}]`;
  };
  const rows = [...declaredOps()]
    .sort((left, right) => left.name.localeCompare(right.name))
    .map((op) => {
      const sample = op.cases[0]!;
      const first = 'none' in op.gradient ? note(op.gradient.none) : 'yes';
      return [
        op.name,
        example(op, sample),
        first,
        first === 'yes' ? secondOrder(op) : '–',
        'yes',
        op.float64 ? note(op.float64.none) : 'yes',
        op.webgpu
          ? note(op.webgpu.none)
          : op.cases.some((one) => fitsWebGpu(op, one))
            ? 'yes'
            : note('no element type of it exists on WebGPU'),
      ];
    });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    '# Operations',
    '',
    'Made from the declarations in `native-models/ops/`; `npx vitest run --project unit native-models/ops -u` writes it anew. Every yes is a test: the shape rule and the values against ONNX Runtime, the first and second gradient against central differences in double precision, the element types and devices by running there (`main/compute/op-targets.numeric.test.ts`, WebGPU in strict mode without any node on the CPU).',
    '',
    line(HEAD),
    line(HEAD.map(() => '---')),
    ...rows.map(line),
    '',
    ...notes.map((reason, position) => `${position + 1}. ${reason}`),
    '',
  ].join('\n');
}

function example(op: OpDefinition, sample: OpCase<Attributes>): string {
  const inputs = Object.values(caseTypes(sample)).map(formatType);
  const outputs = caseGraph(op, sample).outputs.map(({ tensor }) => formatType(tensor.type));
  return `\`${inputs.join(', ') || '()'} → ${outputs.join(', ')}\``;
}

/** Whether the gradient can be differentiated again; the test of the operation compares the result. */
function secondOrder(op: OpDefinition): string {
  try {
    for (const sample of op.cases.filter((one) => hasGradient(op, one)))
      trace(op.name, caseTypes(sample), (operands) => {
        const wrt = Object.values(operands).filter((tensor) => isFloating(tensor.dtype));
        return { mixed: mixedLoss(gradient(weightedLoss(op, sample, Object.values(operands)), wrt), wrt) };
      });
    return 'yes';
  } catch (thrown) {
    if (thrown instanceof MongeError) return 'no';
    throw thrown;
  }
}

function mixedLoss(slopes: readonly Tensor[], wrt: readonly Tensor[]): Tensor {
  const mixed = slopes
    .map((slope, position) => weightedSum(slope, `second${position}`))
    .reduce((sum, part) => add(sum, part));
  return gradient(mixed, wrt)
    .map((slope, position) => weightedSum(slope, `third${position}`))
    .reduce((sum, part) => add(sum, part));
}
