// V8's profiler for a program that starts it late: what --cpu-prof is made of.
const { writeFileSync } = require('node:fs');
const { Session } = require('node:inspector/promises');

const session = new Session();
globalThis.lateProfiler = {
  async start() {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 1e6 / Number(process.env.TRUTH_RATE) });
    await session.post('Profiler.start');
  },
  async stop() {
    const { profile } = await session.post('Profiler.stop');
    writeFileSync('profile.cpuprofile', JSON.stringify(profile));
  },
};
