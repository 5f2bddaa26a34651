/** @file The settings of Conformal sets. */
import { object, type ConfigOf } from '../../contract/schema';
import { baseFields } from './config/base';
import { setFields } from './config/sets';
import { tableFields } from './config/table';

const fields = { ...tableFields, ...setFields, ...baseFields };

export const config = object(fields);
export type ConformalConfig = ConfigOf<typeof fields>;
