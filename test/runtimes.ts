import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Runtime {
  /** As a test's name shows it: `Node 22`. */
  readonly name: string;
  readonly major: number;
  /** The executable. */
  readonly path: string;
}

/** A program that runs JavaScript files. */
export interface Engine {
  readonly name: string;
  readonly path: string;
  /** What comes before the file. */
  readonly arguments?: readonly string[];
}

const installed = new URL('../../test/runtimes/node_modules/', import.meta.url);

/**
 * Every supported Node, newest last. The packages carry Linux x64 binaries only; elsewhere the Node that runs the tests
 * stands alone. On Linux x64 a missing one is an error: a version that was not tested must not look as if it was.
 */
export const runtimes: readonly Runtime[] = [20, 22, 24, 26].flatMap((major) => {
  const path = fileURLToPath(new URL(`node${major}/bin/node`, installed));
  if (existsSync(path)) return [{ name: `Node ${major}`, major, path }];
  if (process.platform === 'linux' && process.arch === 'x64') throw new Error(`${path} is missing: npm run ready`);
  const current = Number.parseInt(process.versions.node, 10);
  return current === major ? [{ name: `Node ${major}`, major, path: process.execPath }] : [];
});

/** The oldest Node with NODE_OPTIONS, which cannot be profiled, and is not to be harmed. */
export function oldRuntime(): Runtime | undefined {
  const path = fileURLToPath(new URL('node8/bin/node', installed));
  if (existsSync(path)) return { name: 'Node 8', major: 8, path };
  if (process.platform === 'linux' && process.arch === 'x64') throw new Error(`${path} is missing: npm run ready`);
  return undefined;
}
