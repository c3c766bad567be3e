import { writeSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { launchCollector } from './collector/launch.js';
import { expandOutputPattern } from './collector/output-pattern.js';

const { env } = process;

// The command's --duration ends at one moment for every process, those that start late among them.
const durationSeconds = env.PROFBUF_UNTIL ? (Number(env.PROFBUF_UNTIL) - Date.now()) / 1000 : undefined;

if (isMainThread && !(durationSeconds !== undefined && durationSeconds <= 0)) {
  const say = (line: string) => {
    if (env.PROFBUF_QUIET !== '1') writeSync(2, `profbuf: ${line}\n`);
  };
  const processName = basename(process.argv[1] ?? process.title);
  try {
    launchCollector(
      {
        sampleRate: Number(env.PROFBUF_RATE ?? 100),
        targetPauseMs: 2,
        keepForTake: false,
        output: {
          path: expandOutputPattern(resolve(env.PROFBUF_OUTPUT ?? 'profile.pb.gz'), processName, process.pid),
          format: 'pprof',
        },
        quiet: false,
        processName,
        argv: process.argv,
        ...(durationSeconds === undefined ? {} : { durationSeconds }),
        ...(env.PROFBUF_SESSION ? { sessionFolder: env.PROFBUF_SESSION } : {}),
      },
      {
        onResponse: (response) => {
          if (response.type === 'unavailable') say(response.reason);
        },
        onEnd: (error) => {
          if (error) say(error.message);
        },
        onFarewellTimeout: () => say('the collector did not answer'),
      },
    );
  } catch (error) {
    say(String(error));
  }
}
