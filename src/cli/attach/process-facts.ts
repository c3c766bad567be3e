import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { signalMask } from '../../protocol/signal-mask.js';
import { BadInput } from '../bad-input.js';

/** What Linux tells of a process that runs already, see proc(5). */
export interface ProcessFacts {
  readonly pid: number;
  /** Of the one whose rights it has. */
  readonly uid: number;
  readonly parentPid: number;
  /** The process that traces it, such as gdb; 0 for none. */
  readonly tracerPid: number;
  readonly state: 'alive' | 'stopped' | 'ended';
  /** Whether it has a handler for SIGUSR1: without one the signal ends it. */
  readonly catchesSigusr1: boolean;
  readonly blocksSigusr1: boolean;
  readonly argv: readonly string[];
  /** As they were when it started; empty when they may not be read. */
  readonly environment: ReadonlyMap<string, string>;
  /** Its executable, links followed; `undefined` when it may not be seen. */
  readonly executable: string | undefined;
  /** Whether it has process ids of its own, as in a container; `undefined` when that may not be seen. */
  readonly isInOtherContainer: boolean | undefined;
  /** When it started, in ticks of the kernel: with its id it names one process for ever. */
  readonly startTicks: string;
}

/** @throws BadInput when there is no such process. */
export function factsOf(pid: number): ProcessFacts {
  let status: string;
  let stat: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    throw new BadInput(`there is no process ${pid}`);
  }
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)(?:\\s+(\\S+))?`, 'm').exec(status);
  // /proc has threads too, under names that no listing shows.
  if (field('Tgid')?.[1] !== String(pid)) throw new BadInput(`${pid} is a thread and no process`);
  const state = field('State')?.[1] ?? '';
  return {
    pid,
    uid: Number(field('Uid')?.[2]),
    parentPid: Number(field('PPid')?.[1]),
    tracerPid: Number(field('TracerPid')?.[1] ?? 0),
    state: /^[ZX]/.test(state) ? 'ended' : state.startsWith('T') ? 'stopped' : 'alive',
    catchesSigusr1: signalMask(status, 'SigCgt')('SIGUSR1'),
    blocksSigusr1: signalMask(status, 'SigBlk')('SIGUSR1'),
    argv: wordsOf(pid, 'cmdline'),
    environment: new Map(
      wordsOf(pid, 'environ').map((word) => {
        const end = word.indexOf('=');
        return [word.slice(0, end), word.slice(end + 1)];
      }),
    ),
    executable: linkOf(`/proc/${pid}/exe`),
    isInOtherContainer: isElsewhere(pid),
    // The second field, the name, may hold anything; the third follows its last bracket.
    startTicks: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '',
  };
}

/** Whether it is there yet: an id is given to another process when the one that had it has ended. */
export function isAlive({ pid, startTicks }: ProcessFacts): boolean {
  try {
    const now = factsOf(pid);
    return now.startTicks === startTicks && now.state !== 'ended';
  } catch {
    return false;
  }
}

/** The script's name without its folder, or the executable's. */
export function nameOf({ argv, executable = '' }: ProcessFacts): string {
  const script = argv.slice(1).find((word) => /\.[cm]?[jt]sx?$/.test(word));
  return basename(script ?? executable);
}

/** CPU time of all its threads that live, in nanoseconds, as the system counts it. Source: proc(5), `schedstat`. */
export function cpuNanosOf(pid: number): number {
  const nanosOf = (thread: string) => {
    try {
      return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
    } catch {
      // It has ended since.
      return 0;
    }
  };
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + nanosOf(thread), 0);
  } catch {
    return 0;
  }
}

/** Node's own options of a process: those on its command line before the script, and those in NODE_OPTIONS. */
export function nodeOptionsOf({ argv, environment }: ProcessFacts): readonly string[] {
  const own: string[] = [];
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--' || !word.startsWith('-')) break;
    own.push(takesWord.has(word) ? `${word}=${argv[++i] ?? ''}` : word);
  }
  const given = (environment.get('NODE_OPTIONS') ?? '').split(/\s+/);
  return [...given, ...own].filter((word) => word.startsWith('--')).map((word) => word.replaceAll('_', '-'));
}

/** Options whose value is the next word. */
const takesWord: ReadonlySet<string> = new Set(
  [
    '-r --require --import --loader --experimental-loader -C --conditions -e --eval -p --print -pe --title --input-type',
    '--inspect-port --debug-port --env-file --env-file-if-exists --watch-path --icu-data-dir --openssl-config --dns-result-order',
    '--unhandled-rejections --stack-trace-limit --max-http-header-size --secure-heap --secure-heap-min --redirect-warnings',
    '--diagnostic-dir --report-dir --report-directory --report-filename --report-signal --heapsnapshot-signal --cpu-prof-dir',
    '--cpu-prof-name --cpu-prof-interval --heap-prof-dir --heap-prof-name --heap-prof-interval --trace-event-categories',
    '--trace-event-file-pattern --tls-cipher-list --tls-keylog --use-largepages --disable-proto --disable-warning --localstorage-file',
  ].flatMap((words) => words.split(' ')),
);

function wordsOf(pid: number, name: 'cmdline' | 'environ'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Ports are those of a network, ids those of a PID namespace, and rights those of a user namespace: all have to be ours. */
function isElsewhere(pid: number): boolean | undefined {
  const kinds = ['pid', 'net', 'user'].map((kind) => {
    const [own, other] = [linkOf(`/proc/self/ns/${kind}`), linkOf(`/proc/${pid}/ns/${kind}`)];
    return own === undefined || other === undefined ? undefined : own !== other;
  });
  return kinds.includes(true) ? true : kinds.includes(undefined) ? undefined : false;
}
