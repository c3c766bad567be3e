#!/usr/bin/env bash
# Node.js 22.23.3, 24.21.0 and 26.10.0: the first message that comes as an event (`onmessage` of a MessagePort, and any message of a
# BroadcastChannel, listened to or not) loads undici, Node's HTTP client, into that thread: the class MessageEvent is taken from there.
# That is some 40 ms and some megabytes of heap in each thread. `port.on('message')`, receiveMessageOnPort() and Atomics.waitAsync() do not;
# Node 20.20.2 never does.
#
# A good guess is wrong: "onmessage and on('message') of a port are two spellings of one thing", and "a worker that never fetches anything
# has no HTTP client". A profiler or a pool that wakes its threads by events has it in every one of them.
#
# Seen (milliseconds of one run):
#   v20.20.2 on('message') 1, onmessage 1, BroadcastChannel 2: undici is not loaded
#   v22.23.3 on('message') 0; onmessage 38, BroadcastChannel 35: loaded
#   v24.21.0 on('message') 0; onmessage 50, BroadcastChannel 42: loaded
#   v26.10.0 on('message') 0; onmessage 51, BroadcastChannel 49: loaded
#
# Exits non-zero when a version loads it where it did not, or no longer does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >wake.cjs <<'PROGRAM'
const { BroadcastChannel, MessageChannel, receiveMessageOnPort } = require('node:worker_threads');
const [way, expected] = process.argv.slice(2);
const isLoaded = () => process.moduleLoadList.some((name) => name.endsWith('internal/deps/undici/undici'));
let begun;
function woken() {
  const loaded = isLoaded();
  console.log(`${process.version} ${way}: ${(performance.now() - begun).toFixed(0)} ms, ${loaded ? 'undici is loaded' : 'not loaded'}`);
  process.exit(String(loaded) === expected ? 0 : 1);
}
if (isLoaded()) process.exit(1);
if (way === 'BroadcastChannel') {
  const [from, to] = [new BroadcastChannel('wake'), new BroadcastChannel('wake')];
  to.onmessage = woken;
  begun = performance.now();
  from.postMessage(1);
} else {
  const { port1, port2 } = new MessageChannel();
  if (way === 'on') port2.on('message', woken);
  else if (way === 'onmessage') port2.onmessage = woken;
  begun = performance.now();
  port1.postMessage(1);
  if (way === 'receive' && receiveMessageOnPort(port2).message === 1) woken();
}
PROGRAM
for version in 20.20.2 22.23.3 24.21.0 26.10.0; do
  npm install --silent --no-save --no-audit --no-fund --prefix "$version" "node@$version" >/dev/null
  node="$version/node_modules/node/bin/node"
  events=true
  [[ $version == 20.* ]] && events=false
  "$node" wake.cjs on false
  "$node" wake.cjs receive false
  "$node" wake.cjs onmessage "$events"
  "$node" wake.cjs BroadcastChannel "$events"
done
