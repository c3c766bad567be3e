// V8's profiler by a session of the same thread, and nothing else: what sampling itself costs.
const { writeFileSync } = require('node:fs');
const { Session } = require('node:inspector');

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.setSamplingInterval', { interval: 10_000 });
session.post('Profiler.start');
process.once('exit', () => {
  session.post('Profiler.stop', (_, { profile }) => writeFileSync('inspector.cpuprofile', JSON.stringify(profile)));
  session.disconnect();
});
