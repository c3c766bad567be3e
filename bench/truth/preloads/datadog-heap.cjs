// The heap profiler of @datadog/pprof; from Node 26 on it has what was allocated, too. The profile is asked for by the harness.
const { writeFileSync } = require('node:fs');
const { encodeSync, heap } = require('@datadog/pprof');

heap.start(512 * 1024, 64, Number.parseInt(process.versions.node, 10) >= 26);
process.prependListener('exit', () => writeFileSync('profile.0.pb.gz', encodeSync(heap.profile())));
