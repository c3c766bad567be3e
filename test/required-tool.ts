import { spawnSync } from 'node:child_process';

/**
 * The `skip` option of tests that need a program from outside: false when it is there, or else the reason. Continuous
 * integration has all of them, so there a missing one is an error.
 */
export function skipWithout(command: string, ...versionArguments: string[]): string | false {
  const { status } = spawnSync(command, versionArguments, { stdio: 'ignore' });
  if (status === 0) return false;
  const reason = `${command} does not run on this machine`;
  if (process.env.CI) throw new Error(`${reason}, and CI is set`);
  return reason;
}
