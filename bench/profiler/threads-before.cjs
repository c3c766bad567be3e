// Before the profiler: the threads that a process has without it.
globalThis.benchThreadsBefore = new Set(require('node:fs').readdirSync('/proc/self/task'));
