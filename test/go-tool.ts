import { spawnSync } from 'node:child_process';
import { skipWithout } from './required-tool.js';

export const skip = skipWithout('go', 'version');

/**
 * The environment for `go tool pprof`, which looks for a configuration and for copies of old profiles in the folder. What
 * Go has built stays where it is: since 1.25 it builds pprof itself when it is first asked for, which takes minutes.
 */
export function goEnvironment(folder: string): NodeJS.ProcessEnv {
  const { stdout } = spawnSync('go', ['env', 'GOCACHE'], { encoding: 'utf8' });
  return { ...process.env, HOME: folder, PPROF_TMPDIR: folder, GOCACHE: stdout.trim() };
}
