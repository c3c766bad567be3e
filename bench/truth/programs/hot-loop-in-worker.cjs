// The same in a worker thread. This one does nothing else.
const { Worker } = require('node:worker_threads');

new Worker(require.resolve('./hot-loop.cjs'));
