/** @file An entry that serves the stand-ins. Only tests build it, so no product can reach them. */
import { serveForeign } from '../serve';
import { standInKinds } from './kinds';

serveForeign(import.meta.url, standInKinds);
