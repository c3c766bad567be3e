import type { Cluster } from 'node:cluster';
import { basename, resolve } from 'node:path';
import { fileEndings, formatByEnding, knownEndings, profileFormats, unknownEnding } from '../profile/format.js';
import type { CollectorOptions, RunOptions } from '../protocol/messages.js';
import { processStartMicros } from '../protocol/monotonic-clock.js';
import {
  defaultLabelBufferWords,
  heapProblem,
  httpOptions,
  labelBufferProblem,
  sampleRateProblem,
  stallProblem,
  withToken,
} from '../protocol/option-values.js';
import { expandOutputPattern } from '../protocol/output-pattern.js';
import { type PushKind, type PushProtocol, pairsOf, pushOptions } from '../protocol/push-settings.js';
import { prefix } from '../protocol/service.js';
import { runVariable } from '../protocol/session.js';
import { isBesideNodesProfiler } from './node-flags.js';
import { nameOfProcess } from './unprofiled.js';

/** Node's timers end here. */
const longestSeconds = 2_147_483;

/** Set in the environment of a program with a lone output file, so that its child processes choose another one. */
const ownerVariable = 'PROFBUF_OUTPUT_OWNER';

export type Settings =
  | { readonly options: Omit<CollectorOptions, 'channelName' | 'beginning'> }
  | { readonly problem: string }
  | 'over';

/**
 * Reads what the preload is configured by:
 *
 * - `PROFBUF_RATE`: samples a second, 1 to 10,000; default 100
 * - `PROFBUF_OUTPUT`: the profile's file; `{name}` and `{pid}` stand for the script and the process. A child process
 *   whose parent writes to the same file puts both before the ending; what is there already stays, and the profile gets a
 *   number. Default: `profile.{name}.{pid}.pb.gz`
 * - `PROFBUF_FORMAT`: `pprof`, `cpuprofile`, `speedscope`, `firefox` or `collapsed`; default: by the output's ending, `pprof`
 *   if it has none
 * - `PROFBUF_DURATION`: seconds after which profiling ends while the program goes on
 * - `PROFBUF_UNTIL`: the same as a point in time, in milliseconds since 1970
 * - `PROFBUF_HTTP`: `[HOST:]PORT` where `/debug/pprof/` is served; loopback without a host, any free port for 0
 * - `PROFBUF_HTTP_TOKEN`: what `Authorization: Bearer`, or the password of HTTP Basic, must say there
 * - `PROFBUF_PUSH`: where profiles are pushed to, a URL, or `pyroscope` or `otlp` for what their SDKs' variables name
 * - `PROFBUF_PUSH_PROTOCOL`, `_NAME`, `_LABELS`, `_TOKEN`, `_TENANT`, `_INTERVAL`, `_PROFILES`, `_FLUSH`: as `PushSettings` has them;
 *   labels as `name=value,…`, profiles as `cpu,wall,…`, the interval in seconds, the time at the end in milliseconds
 * - `PROFBUF_HEAP`: `1` to sample what is in use of the heap from the start
 * - `PROFBUF_ALLOCS`: `1` to sample what is allocated, from the start: the file has that instead of CPU time
 * - `PROFBUF_LABEL_BUFFER_WORDS`: capacity of each thread's buffer of label switches; see `ProfilerOptions`
 * - `PROFBUF_STALL`: reports on stderr when the event loop does not turn for so many milliseconds, 50 to 60,000
 * - `PROFBUF_SOURCE_MAPS`: `0` for profiles that show files as they run, without source maps
 * - `PROFBUF_QUIET`: `1` for no word at the end
 * - `PROFBUF_RUN`: the secret of the processes that share the port; the command sets it, or else the first of them
 * - `PROFBUF_SESSION`: folder for the status files that `profbuf record` reads
 *
 * @param env as `preloadSettings` gives it
 * @returns what is wrong, in one sentence, if there can be no profile then; what costs only the server or the reports of
 *   stalls is among the notices. `over` when `PROFBUF_UNTIL` has passed.
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Settings {
  const sampleRate = Number(env.PROFBUF_RATE || 100);
  if (sampleRateProblem(sampleRate) !== undefined) {
    return { problem: `PROFBUF_RATE=${env.PROFBUF_RATE}: samples a second are a number from 1 to 10000` };
  }
  const labelBufferWords = Number(env.PROFBUF_LABEL_BUFFER_WORDS || defaultLabelBufferWords);
  const bufferProblem = labelBufferProblem(labelBufferWords);
  if (bufferProblem !== undefined) return { problem: `PROFBUF_LABEL_BUFFER_WORDS: ${bufferProblem}` };
  const { PROFBUF_FORMAT: named, PROFBUF_OUTPUT: output = '' } = env;
  const format = named ? profileFormats.find((format) => format === named) : formatByEnding(output);
  if (format === undefined) {
    if (named) return { problem: `PROFBUF_FORMAT=${named}: the formats are ${profileFormats.join(', ')}` };
    const what = `PROFBUF_OUTPUT=${output}: no format is known by the ending ${unknownEnding(output)}`;
    return { problem: `${what}, only ${knownEndings}; or name one with PROFBUF_FORMAT` };
  }
  const samplesAllocations = env.PROFBUF_ALLOCS === '1';
  if (samplesAllocations && format === 'cpuprofile') {
    return { problem: 'PROFBUF_ALLOCS=1 with PROFBUF_FORMAT=cpuprofile: such a file holds time; take another format' };
  }
  const seconds = Number(env.PROFBUF_DURATION || longestSeconds);
  if (!(seconds > 0 && seconds <= longestSeconds)) {
    return {
      problem: `PROFBUF_DURATION=${env.PROFBUF_DURATION}: seconds are a number above 0, up to ${longestSeconds}`,
    };
  }
  const until = Number(env.PROFBUF_UNTIL || Number.POSITIVE_INFINITY);
  if (Number.isNaN(until)) {
    return { problem: `PROFBUF_UNTIL=${env.PROFBUF_UNTIL}: a point in time is a number of milliseconds since 1970` };
  }
  if (until <= Date.now()) return 'over';
  const http = httpSettings(env);
  const stall = stallSettings(env);
  const heap = heapSettings(env);
  const push = pushSettings(env, nameOfProcess(env));
  const durationMs = Math.min(seconds * 1000, until - Date.now());
  const processName = nameOfProcess(env);
  return {
    options: {
      sampleRate,
      targetPauseMs: 2,
      recompiles: true,
      keepsFromStart: false,
      sourceMaps: env.PROFBUF_SOURCE_MAPS !== '0',
      labelBufferWords,
      output: {
        path: outputPath(env, processName, fileEndings[format][0]),
        format,
        kind: samplesAllocations ? 'allocs' : 'cpu',
      },
      ...(durationMs < longestSeconds * 1000 ? { durationMs } : {}),
      isQuiet: env.PROFBUF_QUIET === '1',
      processName,
      argv: process.argv,
      processStartMicros: processStartMicros(),
      isBesideNodesProfiler: isBesideNodesProfiler(),
      ...('problem' in http ? {} : http),
      ...('problem' in stall ? {} : stall),
      ...('problem' in heap ? {} : heap),
      ...(samplesAllocations ? { heapProfile: 'allocs' as const } : {}),
      ...('problem' in push ? {} : push),
      notices: [http, stall, heap, push].flatMap((settings) => ('problem' in settings ? settings.problem : [])),
    },
  };
}

/** What is asked for besides the profile. If it cannot be, the profile is there without it, and says so. */
type Besides<Options> = Partial<Options> | { readonly problem: string };

function httpSettings(env: NodeJS.ProcessEnv): Besides<Pick<CollectorOptions, 'http' | 'run'>> {
  if (!env.PROFBUF_HTTP) return {};
  const { PROFBUF_HTTP_TOKEN: token } = env;
  const notServed = (problem: string) => ({ problem: `${prefix} is not served: ${problem}` });
  const address = httpOptions(env.PROFBUF_HTTP);
  if ('problem' in address) return notServed(`PROFBUF_HTTP: ${address.problem}`);
  const http = token === undefined ? address : withToken(address, token);
  if ('problem' in http) return notServed(`PROFBUF_HTTP_TOKEN: ${http.problem}`);
  // Any free port is nobody else's.
  return http.port === 0 ? { http } : { http, run: runOf(env) };
}

/** The first process of a run makes up the secret; the others have it from there, or from the command. */
function runOf(env: NodeJS.ProcessEnv): RunOptions {
  const isClusterWorker =
    process.channel != null && (process.getBuiltinModule('node:cluster') as unknown as Cluster).isWorker;
  const secret = env[runVariable] || process.getBuiltinModule('node:crypto').randomUUID();
  if (!env[runVariable]) process.env[runVariable] = secret;
  return { secret, isClusterWorker };
}

function stallSettings(env: NodeJS.ProcessEnv): Besides<Pick<CollectorOptions, 'stallThresholdMs'>> {
  if (!env.PROFBUF_STALL) return {};
  const stallThresholdMs = Number(env.PROFBUF_STALL);
  if (stallProblem(stallThresholdMs) === undefined) return { stallThresholdMs };
  return {
    problem: `stalls are not reported: PROFBUF_STALL=${env.PROFBUF_STALL}: milliseconds are a number from 50 to 60000`,
  };
}

function heapSettings(env: NodeJS.ProcessEnv): Besides<Pick<CollectorOptions, 'heapProfile'>> {
  if (env.PROFBUF_HEAP !== '1') return {};
  if (env.PROFBUF_ALLOCS !== '1') return { heapProfile: 'heap' };
  return { problem: `heap is not served: PROFBUF_HEAP beside PROFBUF_ALLOCS: ${heapProblem}` };
}

function pushSettings(env: NodeJS.ProcessEnv, processName: string): Besides<Pick<CollectorOptions, 'push'>> {
  const { PROFBUF_PUSH: url, PROFBUF_PUSH_LABELS, PROFBUF_PUSH_PROFILES, PROFBUF_PUSH_INTERVAL } = env;
  if (!url) return {};
  const notPushed = (problem: string) => ({ problem: `nothing is pushed: ${problem}` });
  const labels = pairsOf(PROFBUF_PUSH_LABELS ?? '');
  if (labels === undefined) return notPushed('PROFBUF_PUSH_LABELS: labels are name=value, with commas between');
  const isOn: readonly [PushKind, boolean][] = [
    ['heap', env.PROFBUF_HEAP === '1' && env.PROFBUF_ALLOCS !== '1'],
    ['allocs', env.PROFBUF_ALLOCS === '1'],
    ['block', !!env.PROFBUF_STALL],
  ];
  const push = pushOptions(
    {
      url,
      labels,
      ...(env.PROFBUF_PUSH_PROTOCOL ? { protocol: env.PROFBUF_PUSH_PROTOCOL as PushProtocol } : {}),
      ...(env.PROFBUF_PUSH_NAME ? { name: env.PROFBUF_PUSH_NAME } : {}),
      ...(env.PROFBUF_PUSH_TOKEN ? { token: env.PROFBUF_PUSH_TOKEN } : {}),
      ...(env.PROFBUF_PUSH_TENANT ? { tenant: env.PROFBUF_PUSH_TENANT } : {}),
      ...(PROFBUF_PUSH_INTERVAL ? { interval: Number(PROFBUF_PUSH_INTERVAL) } : {}),
      ...(PROFBUF_PUSH_PROFILES ? { profiles: PROFBUF_PUSH_PROFILES.split(',') as PushKind[] } : {}),
      ...(env.PROFBUF_PUSH_FLUSH ? { flushMs: Number(env.PROFBUF_PUSH_FLUSH) } : {}),
    },
    { environment: env, processName, kinds: isOn.flatMap(([kind, isSampled]) => (isSampled ? kind : [])) },
  );
  return 'problem' in push ? notPushed(`PROFBUF_PUSH: ${push.problem}`) : { push };
}

function outputPath(env: NodeJS.ProcessEnv, processName: string, ending: string): string {
  let pattern = env.PROFBUF_OUTPUT || `profile.{name}.{pid}${ending}`;
  if (!pattern.includes('{pid}')) {
    const owner = process.env[ownerVariable];
    if (owner === undefined) process.env[ownerVariable] = String(process.pid);
    else if (owner !== String(process.pid)) pattern = withProcess(pattern);
  }
  return expandOutputPattern(resolve(pattern), processName, process.pid);
}

/** `out/cpu.pb.gz` becomes `out/cpu.{name}.{pid}.pb.gz`. */
function withProcess(pattern: string): string {
  const file = basename(pattern);
  const dot = file.indexOf('.', 1);
  const stem = dot === -1 ? file : file.slice(0, dot);
  return `${pattern.slice(0, pattern.length - file.length)}${stem}.{name}.{pid}${file.slice(stem.length)}`;
}
