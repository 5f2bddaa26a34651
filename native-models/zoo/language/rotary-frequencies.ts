/**
 * @file Frequencies of rotary positions, base^(−2i/width) (arXiv:2104.09864, eq. 15), and their changes for long contexts.
 * Every step is rounded to float32 as the reference does: at position 10,000 an angle shows the last bit of its frequency.
 */
import type { RotaryConfig } from './config';

const { fround } = Math;

export interface RotaryFrequencies {
  /** Radians per position, one per pair of units. */
  frequencies: number[];
  /** LongRoPE's for texts beyond the first context, else null. */
  long: number[] | null;
  /** What cos and sin are multiplied by. */
  attention: number;
}

/** The frequencies of one kind of layer. */
export function rotaryFrequencies({ width, base, scaling }: RotaryConfig): RotaryFrequencies {
  const powers = Array.from({ length: width / 2 }, (_, i) => fround(base ** fround((2 * i) / width)));
  const plain = powers.map((power) => fround(1 / power));
  const result = { frequencies: plain, long: null, attention: 1 };
  switch (scaling?.kind) {
    case undefined:
      return result;
    case 'linear':
      return { ...result, frequencies: plain.map((value) => fround(value / scaling.factor)) };
    case 'llama3':
      return { ...result, frequencies: plain.map((value) => llama3(value, scaling)) };
    case 'yarn':
      return { ...result, frequencies: yarn(powers, width, base, scaling), attention: scaling.attention };
    case 'longrope': {
      const by = (factors: readonly number[]) =>
        powers.map((power, i) => fround(1 / fround(fround(factors[i]!) * power)));
      return { frequencies: by(scaling.short), long: by(scaling.long), attention: scaling.attention };
    }
  }
}

/** Long waves are stretched by the factor, short ones stay, those between go over smoothly. */
function llama3(
  value: number,
  { factor, low, high, original }: Extract<RotaryConfig['scaling'], { kind: 'llama3' }>,
): number {
  const wave = fround(fround(2 * Math.PI) / value);
  if (wave < original / high) return value;
  if (wave > original / low) return fround(value / factor);
  const smooth = fround(fround(fround(original / wave) - low) / (high - low));
  return fround(fround(fround(fround(1 - smooth) * value) / factor) + fround(smooth * value));
}

/** YaRN (arXiv:2309.00071, section 3.2): between units that turn `fast` and `slow` times in the first context a ramp. */
function yarn(
  powers: readonly number[],
  width: number,
  base: number,
  { factor, original, fast, slow, whole }: Extract<RotaryConfig['scaling'], { kind: 'yarn' }>,
): number[] {
  const unit = (turns: number) => (width * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const low = Math.max(whole ? Math.floor(unit(fast)) : unit(fast), 0);
  let high = Math.min(whole ? Math.ceil(unit(slow)) : unit(slow), width - 1);
  if (high === low) high += 0.001;
  return powers.map((power, i) => {
    const ramp = fround(Math.min(Math.max(fround(fround(i - low) / (high - low)), 0), 1));
    const kept = fround(1 - ramp);
    const stretched = fround(1 / fround(factor * power));
    return fround(fround(stretched * fround(1 - kept)) + fround(fround(1 / power) * kept));
  });
}
