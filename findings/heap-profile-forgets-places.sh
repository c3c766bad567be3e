#!/usr/bin/env bash
# V8's sampling heap profiler in Node.js 20.20.2: a function whose script is garbage by the time that the profile is read
# has a name and a script number in it, but no url and no line. V8 looks those up among the scripts that are alive. And the reading itself
# (HeapProfiler.getSamplingProfile, stopSampling, --heap-prof) collects all garbage first, so the main module of a CommonJS program that
# has run through loses the places of all its functions: in an exit listener the profile of a build script is names alone.
#
# A good guess is wrong: "V8 takes stacks with their places, as its CPU profiler does, whose names, urls and lines stay after the code is
# gone", and "what allocated a gigabyte a moment ago is known by its file".
#
# Seen, after `function die() {…} die();` read in an exit listener of a preload, the heap profile beside the CPU profile:
#   v20.20.2 heap: die without a url, line 0; CPU: die main.cjs, line 2
# Node 22.23.3, 24.21.0 and 26.10.0 keep the main module, and its place.
#
# Exits non-zero when the heap profile has the place, or the CPU profile has not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >preload.cjs <<'PROGRAM'
const { Session } = require('node:inspector');
const session = new Session();
session.connect();
function post(method, parameters) {
  let answer;
  session.post(method, parameters, (error, result) => {
    if (error) throw new Error(error.message);
    answer = result;
  });
  return answer;
}
post('Profiler.enable');
post('Profiler.start');
post('HeapProfiler.startSampling', {
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true,
});
process.on('exit', () => {
  const { profile } = post('HeapProfiler.stopSampling');
  const open = [profile.head];
  let inHeap;
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.callFrame.functionName === 'die') inHeap = node.callFrame;
    open.push(...node.children);
  }
  const inTime = post('Profiler.stop').profile.nodes.find(({ callFrame }) => callFrame.functionName === 'die')?.callFrame;
  const told = ({ url, lineNumber }) => `die ${url.split('/').pop() || 'without a url'}, line ${lineNumber + 1}`;
  console.log(process.version, `heap: ${told(inHeap)}; CPU: ${told(inTime)}`);
  if (inHeap.url !== '' || inTime.url === '') process.exitCode = 1;
});
PROGRAM
cat >main.cjs <<'PROGRAM'
let last;
function die() {
  for (let i = 0; i < 500_000; i++) last = new Array(125).fill(i);
}
die();
PROGRAM
for version in 20.20.2; do
  npm install --silent --no-save --no-audit --no-fund --prefix "$version" "node@$version" >/dev/null
  "$version/node_modules/node/bin/node" --require ./preload.cjs main.cjs
done
