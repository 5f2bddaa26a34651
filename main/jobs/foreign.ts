/** @file Entry of the process for foreign files. Its watching thread runs it too, so everything else is loaded when asked. */
import { serveForeign } from '../foreign/serve';
import { foreignKinds } from './foreign-kinds';

serveForeign(import.meta.url, foreignKinds);
