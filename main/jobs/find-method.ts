/** @file Looks a method up in a list, with an error that names the known ones. */
import { MongeError } from '../../native-models/error';
import type { MethodDefinition } from '../contract/define';

/** @throws `method-unknown` */
export function findMethod(methods: readonly MethodDefinition[], id: string): MethodDefinition {
  const method = methods.find((known) => known.id === id);
  if (method) return method;
  throw new MongeError({
    code: 'method-unknown',
    what: 'there is no such method',
    where: { key: 'method' },
    got: JSON.stringify(id),
    expected: methods.map((known) => known.id).join(', ') || 'none',
  });
}
