// Notes when V8 begins a profile of profbuf's and has given away the one before: the end of a window. Loaded before profbuf.
const { console: inspectorConsole } = require('node:inspector');
const v8 = require('node:v8');

const ends = [];
globalThis.benchWindowEnds = ends;
let from = 0;
const begun = () => {
  from = performance.now();
};
const ended = () => ends.push({ from, to: performance.now() });

// Up to Node 24.11.
const { profile, profileEnd } = inspectorConsole;
inspectorConsole.profile = (title) => {
  begun();
  profile(title);
};
inspectorConsole.profileEnd = (title) => {
  profileEnd(title);
  ended();
};

// From Node 24.12 on.
const { startCpuProfile } = v8;
if (startCpuProfile !== undefined) {
  v8.startCpuProfile = (options) => {
    begun();
    const handle = startCpuProfile(options);
    const stop = handle.stop.bind(handle);
    handle.stop = () => {
      const profile = stop();
      ended();
      return profile;
    };
    return handle;
  };
}
