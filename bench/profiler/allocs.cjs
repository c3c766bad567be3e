// The preload, as of `record --allocs`.
process.env.PROFBUF_ALLOCS = '1';
require('../../dist/register.cjs');
