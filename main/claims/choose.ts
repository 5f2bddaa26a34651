/** @file Which claims a request means, and what they lack. */
import { MongeError } from '../../native-models/error';
import type { Claim } from '../contract/claim';
import type { MethodDefinition } from '../contract/define';
import type { ClaimNeed, ClaimsRequest } from '../contract/claims';

/** The claims asked for, in the method's order. Throws `claim-unknown`, `claim-data-unknown`. */
export function chooseClaims(method: MethodDefinition, { ids, data = {} }: ClaimsRequest): Claim[] {
  const known = method.claims.map(({ id }) => id);
  const unknown = ids?.find((id) => !known.includes(id));
  if (unknown !== undefined || known.length === 0)
    throw new MongeError({
      code: 'claim-unknown',
      what: known.length === 0 ? 'this method declares no claims' : 'this method has no such claim',
      where: { key: method.id },
      ...(unknown === undefined ? {} : { got: unknown }),
      expected: known.join(', ') || 'none',
    });
  const needs = [...new Set(method.claims.flatMap((claim) => (claim.needs ?? []).map(({ name }) => name)))];
  const stray = Object.keys(data).find((name) => !needs.includes(name));
  if (stray !== undefined)
    throw new MongeError({
      code: 'claim-data-unknown',
      what: 'no experiment of this method asks for such data',
      got: stray,
      expected: needs.join(', ') || 'no data',
    });
  return method.claims.filter(({ id }) => !ids || ids.includes(id));
}

/** The needs of a claim that nobody has given. */
export function missingNeeds(claim: Claim, given: Readonly<Record<string, string>>): ClaimNeed[] {
  return (claim.needs ?? []).filter((need) => !Object.hasOwn(given, need.name));
}

/** Why a claim was not run, and how to give what it lacks. */
export function withoutData(missing: readonly ClaimNeed[]): string {
  const words = missing.map(({ name, title }) => `${title} (--data ${name}=FILE)`);
  return `not run: needs ${words.join(' and ')}`;
}
