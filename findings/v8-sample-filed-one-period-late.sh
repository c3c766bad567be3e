#!/usr/bin/env bash
# V8's CPU profiler in Node.js 20.20.2 and 24.21.0 on Linux: a sample is put into the profiles that run one period after it was taken,
# when the next one is. A profile that ends sooner, while another one runs on, does not have it; nor does one that began meanwhile,
# for the sample is older than that. So of profiles that follow each other without a gap (console.profile of the next, then
# console.profileEnd of the last) the one sample of a long system call just before the change is in none.
#
# A good guess is wrong: "two profiles overlap, so every sample is in one of them". It is when they run side by side for more than a
# period, or when the last profile of all ends, which waits for what was taken.
#
# Seen, 20 changes right behind a write of 150 MB, at 100 samples a second:
#   v20.20.2 changed at once: 20 of 20 writes without a sample; 15 ms side by side: 0
#   v24.21.0 changed at once: 20 of 20 writes without a sample; 15 ms side by side: 0
#
# Needs /dev/shm. Exits non-zero when fewer than half are without one at once, or more than a quarter side by side.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >changes.cjs <<'PROGRAM'
const { console: inspectorConsole, Session } = require('node:inspector');
const { mkdtempSync, openSync, rmSync, writeSync } = require('node:fs');
const shared = mkdtempSync('/dev/shm/changes-');
const bytes = Buffer.alloc(150e6, 97);
const file = openSync(`${shared}/file`, 'w');
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.setSamplingInterval', { interval: 10_000 });
let finished;
session.on('Profiler.consoleProfileFinished', ({ params }) => { finished = params.profile; });
function write() { writeSync(file, bytes, 0, bytes.length, 0); }
function busy(ms) { for (const end = performance.now() + ms; performance.now() < end; ); }
const isIn = (name, { nodes }) => {
  const hit = (node) => node.hitCount > 0 || (node.children ?? []).some((id) => hit(nodes.find((other) => other.id === id)));
  return nodes.some((node) => node.callFrame.functionName === name && hit(node));
};
let count = 0;
function missing(sideBySideMs) {
  let without = 0;
  for (let i = 0; i < 20; i++) {
    busy(30);
    write();
    inspectorConsole.profile(String(count + 1));
    busy(sideBySideMs);
    inspectorConsole.profileEnd(String(count++));
    if (!isIn('write', finished)) without++;
  }
  return without;
}
write();
inspectorConsole.profile('0');
const atOnce = missing(0);
const sideBySide = missing(15);
rmSync(shared, { recursive: true });
console.log(`${process.version} changed at once: ${atOnce} of 20 writes without a sample; 15 ms side by side: ${sideBySide}`);
process.exit(atOnce >= 10 && sideBySide <= 5 ? 0 : 1);
PROGRAM
for version in 20.20.2 24.21.0; do
  npm install --silent --no-save --no-audit --no-fund --prefix "$version" "node@$version" >/dev/null
  "$version/node_modules/node/bin/node" changes.cjs
done
