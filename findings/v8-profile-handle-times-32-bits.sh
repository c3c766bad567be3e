#!/usr/bin/env bash
# v8.startCpuProfile() of Node.js 24.12 and later (seen with 24.21.0 and 26.10.0): startTime and endTime of the profile that stop()
# gives are the low 32 bits of the microseconds of the monotonic clock. They begin anew every 71.6 minutes that the machine is up,
# while the inspector's Profiler.stop, and `--cpu-prof`, whose format it is, give them whole.
#
# A good guess is wrong: "startTime plus timeDeltas is the clock of process.hrtime, as in every .cpuprofile" holds on a laptop that
# was started an hour ago, in a fresh container's virtual machine and in CI, and fails on every server. Joined by time with anything
# else (labels, CPU clocks, a trace), no sample meets what belongs to it.
#
# Seen, with the clock of a machine that is up for 90 minutes (a time namespace of Linux moves it):
#   v24.21.0 clock 5400 s, inspector 5400 s, handle 1105 s: 1 x 2^32 us less
#   v26.10.0 clock 5400 s, inspector 5400 s, handle 1105 s: 1 x 2^32 us less
#
# Needs Linux and unshare (util-linux 2.36). Exits non-zero when the times are whole.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >times.cjs <<'PROGRAM'
const v8 = require('node:v8');
const { Session } = require('node:inspector');
const now = () => Number(process.hrtime.bigint() / 1000n);
const busy = () => { for (const end = now() + 50_000; now() < end; ); };

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.start');
busy();
let inspector;
session.post('Profiler.stop', (error, { profile }) => { inspector = profile.endTime; });

const handle = v8.startCpuProfile();
busy();
const { endTime } = JSON.parse(handle.stop());
const clock = now();
const turns = Math.round((clock - endTime) / 2 ** 32);
const seconds = (micros) => `${Math.floor(micros / 1e6)} s`;
console.log(`${process.version} clock ${seconds(clock)}, inspector ${seconds(inspector)}, handle ${seconds(endTime)}: ${turns} x 2^32 us less`);
const isNear = (time) => Math.abs(clock - time) < 10e6;
if (!isNear(inspector) || isNear(endTime) || !isNear(endTime + turns * 2 ** 32)) process.exit(1);
PROGRAM
up=$(cut -d. -f1 /proc/uptime)
for version in 24.21.0 26.10.0; do
  npm install --silent --no-save --no-audit --no-fund --prefix "$version" "node@$version" >/dev/null
  unshare --user --map-root-user --time --monotonic $((5400 - up)) --fork "$version/node_modules/node/bin/node" times.cjs
done
