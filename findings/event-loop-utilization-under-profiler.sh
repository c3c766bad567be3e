#!/usr/bin/env bash
# performance.eventLoopUtilization() of a thread that only waits for a timer, while V8's CPU profiler samples it, on Node.js 20.20.2,
# 22.23.3, 24.21.0 and 26.10.0 on Linux: nearly all of the waiting counts as active, at 1000 and at 100 samples a second. So does any
# profiler that uses V8's sampler (--cpu-prof, the inspector, @datadog/pprof).
#
# A good guess is wrong: "the profiler takes a few per cent of CPU time, so utilization goes up by a few per cent". It goes from 0 to
# 0.9 and more in a process that uses next to no CPU time: each sample's signal ends the wait of epoll with EINTR, and what was waited
# so far is not added to the idle time. Whoever sheds load, scales or alerts by utilization (limits of it are an option of well-known
# middleware) sees a profiled service as overloaded.
#
# Seen:
#   v20.20.2 no profiler                  utilization 0.00
#   v20.20.2 --cpu-prof at 1000 Hz        utilization 0.96
#   v20.20.2 --cpu-prof at 100 Hz         utilization 0.87
#   (22, 24 and 26 likewise, to 0.01)
#
# Exits non-zero when utilization under the profiler is below a half.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >idle.cjs <<'PROGRAM'
const [name, expected] = process.argv.slice(2);
const before = performance.eventLoopUtilization();
setTimeout(() => {
  const { utilization } = performance.eventLoopUtilization(before);
  console.log(process.version, name.padEnd(26), `utilization ${utilization.toFixed(2)}`);
  const isBusy = utilization > 0.5;
  process.exitCode = isBusy === (expected === 'busy') ? 0 : 1;
}, 1000);
PROGRAM
for version in 20.20.2 22.23.3 24.21.0 26.10.0; do
  npm install --silent --no-save --no-audit --no-fund --prefix "$version" "node@$version" >/dev/null
  node=$version/node_modules/node/bin/node
  "$node" idle.cjs 'no profiler' idle
  "$node" --cpu-prof idle.cjs '--cpu-prof at 1000 Hz' busy
  "$node" --cpu-prof --cpu-prof-interval=10000 idle.cjs '--cpu-prof at 100 Hz' busy
done
