import { existsSync } from 'node:fs';

export const executablePath = '/usr/bin/chromium';

/** The `skip` option of tests that need Chromium: false when it is there. */
export const skip: string | false = existsSync(executablePath) ? false : `${executablePath} is not on this machine`;
if (skip && process.env.CI) throw new Error(`${skip}, and CI is set`);

/** For a browser without a window that asks nobody outside for anything. */
export const flags: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How long a step in a browser may take, in milliseconds: for what hangs, on a machine that is busy as well. */
export const stepMs = 120_000;
