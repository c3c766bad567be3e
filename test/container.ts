import { spawnSync } from 'node:child_process';

/** A command that runs the words behind it as the first process of a PID namespace of its own, as a container does. */
export const container = ['unshare', '-Upf', '--map-root-user', '--mount-proc'] as const;

const [file, ...args] = container;

/** The `skip` option of tests that need one. Where they are forbidden, such as in a container without rights, there are none. */
export const withoutContainers: string | false =
  spawnSync(file, [...args, 'true'], { stdio: 'ignore' }).status !== 0 && 'no PID namespace can be made here';
