// Repeats some work until the process has spent BENCH_SECONDS of CPU time.
const limitMicros = Number(process.env.BENCH_SECONDS ?? 5) * 1e6;
const spent = () => process.cpuUsage().user + process.cpuUsage().system;

exports.repeat = async (work) => {
  do await work();
  while (spent() < limitMicros);
};
