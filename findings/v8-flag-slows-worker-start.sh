#!/usr/bin/env bash
# Node.js 20.20.2, 22.23.3 and 24.21.0 (26.10.0 less): while one harmless V8 flag differs from what the process was started with, a worker
# thread takes about twice as long to start. The flag here is the sampling interval of V8's profiler, --cpu-profiler-sampling-interval.
#
# A good guess is wrong: "that flag says how often a sampler that is not even running would look, so nothing else can depend on it", and
# what profilers do looks free: Node 24 has to be told the interval of v8.startCpuProfile() in this way, by v8.setFlagsFromString().
# But V8 takes Node's built-in code cache only where the hash of all flags is the one that it was made with, so from the change on
# each module of Node's own that a thread loads is compiled from its text. Set back to what it was, the flag costs nothing any
# more: a profiler that sets it for the call alone is free, one that leaves it set is not. What the program itself requires of Node
# later is compiled anew as well: three modules of Node's take two to three times as long.
#
# Seen (medians of 15 starts each in turn, as it was, flag set, flag set back: from new Worker() to its first line; require() of three modules):
#   v20.20.2 45 96 48; 19 50 19 ms, v22.23.3 53 105 55; 18 48 20 ms, v24.21.0 55 113 61; 25 52 26 ms, v26.10.0 28 39 28; 25 52 26 ms
#
# Exits non-zero when on 20, 22 or 24 the flag costs less than two fifths of a start, on any less than that of require(),
# or once it is set back more than a quarter of a start.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >start.cjs <<'PROGRAM'
const { setFlagsFromString } = require('node:v8');
const { Worker } = require('node:worker_threads');
const set = (micros) => setFlagsFromString(`--cpu-profiler-sampling-interval=${micros}`);
const mode = process.argv[2];
if (mode !== 'as it was') set(10_000);
if (mode === 'set back') set(1000);
const isUp = new Int32Array(new SharedArrayBuffer(4));
const beginRequire = performance.now();
for (const name of ['node:https', 'node:readline', 'node:repl']) require(name);
const requireMs = performance.now() - beginRequire;
const begin = performance.now();
new Worker('const { workerData } = require("node:worker_threads"); Atomics.store(workerData, 0, 1); Atomics.notify(workerData, 0);', {
  eval: true,
  workerData: isUp,
});
Atomics.wait(isUp, 0, 0);
console.log(JSON.stringify([performance.now() - begin, requireMs]));
PROGRAM
cat >compare.mjs <<'PROGRAM'
import { execFileSync } from 'node:child_process';
const node = process.argv[2];
const modes = ['as it was', 'set', 'set back'];
const found = modes.map(() => ({ start: [], require: [] }));
for (let round = 0; round < 15; round++)
  modes.forEach((mode, i) => {
    const [start, requireMs] = JSON.parse(execFileSync(node, ['start.cjs', mode]));
    found[i].start.push(start);
    found[i].require.push(requireMs);
  });
const medians = (key) => found.map((times) => times[key].sort((a, b) => a - b)[times[key].length >> 1]);
const [before, set, back] = medians('start');
const [requireBefore, requireSet] = medians('require');
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
const text = (key) => medians(key).map((ms) => ms.toFixed(0)).join(' ');
console.log(`${version} ${text('start')}; ${text('require')} ms`);
const isSlower = set > before * 1.4 || version.startsWith('v26');
process.exit(isSlower && back < before * 1.25 && requireSet > requireBefore * 1.4 ? 0 : 1);
PROGRAM
for version in 20.20.2 22.23.3 24.21.0 26.10.0; do
  npm install --silent --no-save --no-audit --no-fund --prefix "node-$version" "node@$version" >/dev/null
  node compare.mjs "node-$version/node_modules/node/bin/node"
done
