// profbuf for a program that starts it late. The profile of all time that passed is had over HTTP.
const { writeFileSync } = require('node:fs');

let profiler;
let wall;

const get = async (path) => Buffer.from(await (await fetch(`${profiler.httpUrl}/debug/pprof/${path}`)).arrayBuffer());

globalThis.lateProfiler = {
  async start() {
    const { startProfiler } = await import('profbuf');
    const isWall = process.env.TRUTH_UNIT === 'wall';
    profiler = await startProfiler({ sampleRate: Number(process.env.TRUTH_RATE), ...(isWall ? { http: 0 } : {}) });
    if (!isWall) return;
    wall = get('wall?seconds=600');
    // What was asked before has begun when these are answered.
    for (let i = 0; i < 2; i++) await get('cmdline');
  },
  async stop() {
    const cpu = await (await profiler.stop()).encode();
    writeFileSync('profile.pb.gz', wall === undefined ? cpu : await wall);
  },
};
