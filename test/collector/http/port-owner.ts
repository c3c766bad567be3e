import { type AddressInfo, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Folder, Run } from '../../cli/command.js';
import { ask } from './served-program.js';

/** Nobody has it for now. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

/** Whose answers come from the port: `app.js 4711`. */
export async function owner(port: string): Promise<string | undefined> {
  try {
    const { headers } = await ask(`http://127.0.0.1:${port}/debug/pprof/symbol`);
    return `${headers['profbuf-process']} ${headers['profbuf-pid']}`;
  } catch {
    return undefined;
  }
}

/** Everybody who had the port until the last one that is meant. The limit is for who never comes. */
export async function owners(port: string, isLast: (who: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await delay(100)) {
    const who = await owner(port);
    if (who !== undefined && who !== found.at(-1)) found.push(who);
    if (who !== undefined && isLast(who)) return found;
  }
  throw new Error(`had by ${found.join(', ')} until the end`);
}

export const named = (name: string) => (who: string) => who.startsWith(`${name} `);

/** In a group of its own: what it has started ends with the test. */
export function startGroup(
  t: TestContext,
  folder: Folder,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
  node = process.execPath,
): Run {
  const program = new Run(node, words, { cwd: folder.path, env }, true);
  t.after(() => {
    try {
      if (program.process.pid !== undefined) process.kill(-program.process.pid, 'SIGKILL');
    } catch {
      // It is over.
    }
  });
  return program;
}
