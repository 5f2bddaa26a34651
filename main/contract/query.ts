/** @file The check of a query's arguments, which arrive as anything. */
import * as v from 'valibot';
import { MongeError } from '../../native-models/error';

/** The arguments with their type, or `query-invalid` naming the query and the argument. */
export function check<S extends v.GenericSchema>(query: string, schema: S, args: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, args);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new MongeError({
    code: 'query-invalid',
    what: `arguments of the query ${query} do not fit`,
    where: { key: v.getDotPath(issue) ?? query },
    got: issue.received,
    expected: issue.expected ?? issue.message,
  });
}
