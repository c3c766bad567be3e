/**
 * What the collector of one process tells the command that watches it, in `<PROFBUF_SESSION>/<pid>.json`. The file is
 * replaced atomically several times a second, so a reader sees a whole status or none. A process that has the id of an earlier
 * one, by `execve`, in another container or because ids come again, has `<pid>.2.json`, and so on.
 */
export interface ProcessStatus {
  readonly version: 1;
  readonly pid: number;
  readonly ppid: number;
  /** The script's file name without its folder; for a program without a script its title. */
  readonly name: string;
  /** `process.argv` as the program saw it at its start. */
  readonly argv: readonly string[];
  /** Absolute path of the profile, once it is written; before that, where it is to be. */
  readonly output: string;
  /** Whether this process has written `output`, at its first checkpoint: until then a file of that name is another's. */
  readonly isWritten: boolean;
  /**
   * `running` while samples are collected; `finished` once the whole profile is in `output`; `unavailable` when this
   * process cannot be profiled. A status left at `running` by a process that is gone means that the process was killed
   * outright, and that `output` holds its last checkpoint.
   */
  readonly state: 'running' | 'finished' | 'unavailable';
  /** Why the process is not profiled, as one sentence; only with `unavailable`. */
  readonly reason?: string;
  /** Milliseconds since the first sample could be taken. */
  readonly elapsedMs: number;
  /** CPU samples, idle ones not among them. */
  readonly samples: number;
  readonly cpuNanos: number;
  /** CPU time that is in no stack, though it was spent while the process was sampled. */
  readonly unsampledNanos: number;
  /** CPU time of its threads before they were sampled and after their last line, mostly Node's own beginning and end. */
  readonly outsideNanos: number;
  /** CPU time of the whole process, of the collector and of V8's own threads too. */
  readonly processNanos: number;
  readonly windows: number;
  readonly lost: LostCounts;
  /** The longest time that the start held up a thread of the application. */
  readonly startPauseMs: number;
  /** From the start of the process to the first sample that could be taken: what came before is in no profile. */
  readonly startedAfterMs: number;
  /** The same of any command between start and end. */
  readonly longestPauseMs: number;
  /** The same of the end; 0 until then. */
  readonly endPauseMs: number;
  /** Sentences for the user: what was lost, what the profile does without, and why. */
  readonly notices: readonly string[];
  /** The function with the most CPU of its own during the last seconds. */
  readonly hottest?: HottestFunction;
}

/** Everything that was sampled or should have been, and is not in the profile under its own stack. */
export interface LostCounts {
  /** Windows that never arrived, by a thread that ended or by a restart of V8's sampler. */
  readonly windows: number;
  /** Samples counted under `(other)` because the table of stacks was full. */
  readonly otherSamples: number;
  /** Times that V8's sampler stood still and was started anew. */
  readonly restarts: number;
}

export interface HottestFunction {
  readonly functionName: string;
  readonly file: string;
  /** 1-based, 0 when unknown. */
  readonly line: number;
  /** Share of the CPU samples of the same seconds, 0 to 100. */
  readonly percent: number;
}

const states: readonly string[] = ['running', 'finished', 'unavailable'] satisfies ProcessStatus['state'][];

/** The file in the session's folder that carries the status of process `pid`, or of one that had this id later. */
export function processStatusFileName(pid: number, number = 1): string {
  return number === 1 ? `${pid}.json` : `${pid}.${number}.json`;
}

/** Which one of the processes with its id a file is of, from 1 on. */
export function numberOfStatusFile(name: string): number {
  return Number(/^\d+\.(\d+)\.json$/.exec(name)?.[1] ?? 1);
}

/**
 * Reads a status as {@link JSON.stringify} wrote it. Anything else, such as a file of another version or one that is not
 * ours at all, gives `undefined`: a stranger's file in the folder must not end the command.
 */
export function parseProcessStatus(text: string): ProcessStatus | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isProcessStatus(value) ? value : undefined;
}

function isProcessStatus(value: unknown): value is ProcessStatus {
  if (!isRecord(value) || value.version !== 1) return false;
  return (
    [
      'pid',
      'ppid',
      'elapsedMs',
      'samples',
      'cpuNanos',
      'unsampledNanos',
      'outsideNanos',
      'processNanos',
      'windows',
      'startPauseMs',
      'startedAfterMs',
      'longestPauseMs',
      'endPauseMs',
    ].every((key) => isCount(value[key])) &&
    typeof value.name === 'string' &&
    typeof value.output === 'string' &&
    typeof value.isWritten === 'boolean' &&
    typeof value.state === 'string' &&
    states.includes(value.state) &&
    (value.reason === undefined || typeof value.reason === 'string') &&
    isTextList(value.argv) &&
    isTextList(value.notices) &&
    isLostCounts(value.lost) &&
    (value.hottest === undefined || isHottestFunction(value.hottest))
  );
}

function isLostCounts(value: unknown): value is LostCounts {
  return isRecord(value) && isCount(value.windows) && isCount(value.otherSamples) && isCount(value.restarts);
}

function isHottestFunction(value: unknown): value is HottestFunction {
  return (
    isRecord(value) &&
    typeof value.functionName === 'string' &&
    typeof value.file === 'string' &&
    isCount(value.line) &&
    isCount(value.percent)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
