import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Engine } from './runtimes.js';

const installed = new URL('../../test/runtimes/node_modules/', import.meta.url);

/** Runtimes that the buffer is to run on, beside Node. Their packages are for Linux x64 as well, and missing elsewhere. */
export const otherEngines: readonly Engine[] = [
  { name: 'Bun', path: 'bun/bin/bun' },
  { name: 'Deno', path: 'deno/deno', arguments: ['run', '--allow-all'] },
].flatMap((engine) => {
  const path = fileURLToPath(new URL(engine.path, installed));
  if (existsSync(path)) return [{ ...engine, path }];
  if (process.platform === 'linux' && process.arch === 'x64') throw new Error(`${path} is missing: npm run ready`);
  return [];
});
