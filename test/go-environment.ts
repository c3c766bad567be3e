import { spawnSync } from 'node:child_process';

/**
 * The environment for `go tool pprof`, which looks for a configuration and for copies of old profiles in HOME and
 * PPROF_TMPDIR. What Go has built stays where it is: since Go 1.25 `go tool pprof` is built when it is first run, a minute
 * of two processors, and would be again for each new HOME.
 */
export function goEnvironment(folder: string): NodeJS.ProcessEnv {
  const { stdout } = spawnSync('go', ['env', 'GOCACHE'], { encoding: 'utf8' });
  return { ...process.env, HOME: folder, PPROF_TMPDIR: folder, GOCACHE: stdout.trim(), TZ: 'UTC' };
}
