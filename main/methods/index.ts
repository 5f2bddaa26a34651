/** @file The registry: the only list of methods. A new one is a folder and a line here. */
import type { MethodDefinition } from './define';

export const methods: readonly MethodDefinition[] = [];
