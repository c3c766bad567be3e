// @datadog/pprof at the same rate, with its own defaults otherwise; its user rotates the profile.
const { encodeSync, time } = require('@datadog/pprof');
const { writeFileSync } = require('node:fs');

time.start({ intervalMicros: 10_000, durationMillis: 60_000 });
globalThis.benchProfiler = { rotate: () => time.stop(true) };
// Before its own listener, which ends the profile unwritten.
process.prependListener('exit', () => writeFileSync('datadog.pb.gz', encodeSync(time.stop())));
