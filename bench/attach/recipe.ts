// The recipe: SIGUSR1, ask 9229's list for the address, one session with Profiler.start and Profiler.stop, and close what was opened.
// node recipe.js PID SECONDS

import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { InspectorSession } from '../../src/cli/attach/inspector-session.js';
import { openInspector } from '../../src/cli/attach/open-inspector.js';
import { factsOf } from '../../src/cli/attach/process-facts.js';

const [pid, seconds] = process.argv.slice(2).map(Number);
const silent = { onSignal() {}, onSilence() {}, silenceMs: 10_000, isSignalAllowed: false, port: undefined };
const { url } = await openInspector(factsOf(pid ?? 0), { ...silent, stop: new AbortController().signal });
const session = await InspectorSession.connect(url, { onEvent() {}, onWorker() {}, onProgramEnd() {} });
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: 10_000 });
await session.post('Profiler.start');
await delay((seconds ?? 1) * 1000);
const { profile } = await session.post('Profiler.stop');
writeFileSync('recipe.cpuprofile', JSON.stringify(profile));
session.post('Runtime.evaluate', { expression: `process.getBuiltinModule('node:inspector').close()` }).catch(() => {});
await session.closed;
