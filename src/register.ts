import { writeSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { launchCollector } from './collector/launch.js';
import { expandOutputPattern } from './collector/output-pattern.js';

if (isMainThread) {
  const { env } = process;
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
