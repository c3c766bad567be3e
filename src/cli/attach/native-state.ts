import { readFileSync } from 'node:fs';

/**
 * What does the main thread do, by the system's own word, where V8 cannot be asked? Source: proc(5), `stat`, `syscall`, `wchan`.
 * @returns a sentence without its subject, such as `sleeps in the system call wait4`; `undefined` where nothing is to be seen.
 */
export function nativeStateOf(pid: number): string | undefined {
  const read = (name: string) => {
    try {
      return readFileSync(`/proc/${pid}/task/${pid}/${name}`, 'latin1').trim();
    } catch {
      // It has ended, or another user's rights are in force there.
      return '';
    }
  };
  const stat = read('stat');
  const state = stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
  const verb = verbs[state];
  if (verb === undefined) return undefined;
  const number = Number.parseInt(read('syscall'), 10);
  const wchan = read('wchan');
  return [
    verb,
    ...(number >= 0 ? [`in the system call ${systemCalls[process.arch]?.[number] ?? `number ${number}`}`] : []),
    ...(/^\w{2,}/.test(wchan) ? [`(${wchan} of the kernel)`] : []),
  ].join(' ');
}

const verbs: Readonly<Record<string, string>> = {
  R: 'runs',
  S: 'sleeps',
  D: 'waits for a device, such as a disk,',
  T: 'is stopped by a signal',
  t: 'is stopped by a debugger',
  Z: 'has ended',
};

/** Those in which programs wait, by their numbers on each kind of processor. Others are shown by number. */
const systemCalls: Readonly<Partial<Record<NodeJS.Architecture, Readonly<Record<number, string>>>>> = {
  x64: {
    0: 'read',
    1: 'write',
    7: 'poll',
    17: 'pread64',
    18: 'pwrite64',
    20: 'writev',
    23: 'select',
    35: 'nanosleep',
    42: 'connect',
    45: 'recvfrom',
    47: 'recvmsg',
    61: 'wait4',
    72: 'fcntl',
    73: 'flock',
    74: 'fsync',
    75: 'fdatasync',
    202: 'futex',
    230: 'clock_nanosleep',
    232: 'epoll_wait',
    247: 'waitid',
    257: 'openat',
    271: 'ppoll',
    281: 'epoll_pwait',
    426: 'io_uring_enter',
  },
  arm64: {
    22: 'epoll_pwait',
    25: 'fcntl',
    32: 'flock',
    56: 'openat',
    63: 'read',
    64: 'write',
    66: 'writev',
    67: 'pread64',
    68: 'pwrite64',
    72: 'pselect6',
    73: 'ppoll',
    82: 'fsync',
    83: 'fdatasync',
    95: 'waitid',
    98: 'futex',
    101: 'nanosleep',
    115: 'clock_nanosleep',
    203: 'connect',
    207: 'recvfrom',
    212: 'recvmsg',
    260: 'wait4',
    426: 'io_uring_enter',
  },
};
