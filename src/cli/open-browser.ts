import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** What asks the system to open an address, by platform. */
const openers: Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  // `start` is cmd.exe's own, which would take the address apart.
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** An opener that is still at work after that has found a browser, in milliseconds. */
const patienceMs = 5000;

/** Opens the address in the user's browser; where there is none, the user is told the address. */
export async function openOrSay(url: string): Promise<void> {
  if (!(await open(url))) process.stderr.write(`profbuf: no browser could be opened; look at ${url}\n`);
}

async function open(url: string): Promise<boolean> {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open'];
  const opener = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  const ended = once(opener, 'exit').then(
    ([code]) => code === 0,
    // There is no such command.
    () => false,
  );
  const patience = new AbortController();
  const isOpen = await Promise.race([ended, delay(patienceMs, true, { signal: patience.signal }).catch(() => true)]);
  patience.abort();
  opener.unref();
  return isOpen;
}
