/** @file From the checks of a hook to one word and a reason. */
import type { HookCertificate, HookCheck } from '../../contract/language';

/** A tolerance missed by less than this factor is a loss of precision, beyond it something is wrong. */
const FAR = 100;

/** The certificate of a hook. A check whose value is no number is wrong. */
export function verdictOf(hook: string, checks: HookCheck[]): HookCertificate {
  const failed = checks.filter(({ ok }) => !ok);
  const wrong = failed.find(isWrong);
  const worst = wrong ?? failed[0];
  return {
    hook,
    verdict: wrong ? 'wrong' : failed.length > 0 ? 'degraded' : 'passes',
    reason: worst ? `${sentence(worst.says)}: ${amount(worst)}. ${adviceOf(worst, wrong !== undefined)}` : '',
    checks,
  };
}

function isWrong({ value, tolerance, name }: HookCheck): boolean {
  // Bits must be equal at `basic`, whatever the amount.
  if (name === 'identity' && tolerance === 0) return true;
  return !(value <= FAR * tolerance);
}

function amount({ value, tolerance }: HookCheck): string {
  if (value === Infinity) return 'no effect';
  if (Number.isNaN(value)) return 'a value is no number';
  return tolerance === 0
    ? `${value} values`
    : `${value.toExponential(1)}, allowed ${tolerance.toExponential(0)}`;
}

function adviceOf({ name }: HookCheck, wrong: boolean): string {
  if (name === 'perturbation') return 'Its values are not captured.';
  if (name === 'padding') return 'Texts of different lengths must not be run together.';
  return wrong ? 'Its values are not captured.' : 'The level fp32 would be closer.';
}

function sentence(says: string): string {
  return says.charAt(0).toUpperCase() + says.slice(1);
}
