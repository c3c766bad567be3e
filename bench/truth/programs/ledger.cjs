// A program's own account of where its time went: what the profiles of it are held against. No profiler has a part in it.
const { openSync, readSync, writeSync } = require('node:fs');
const { performance, PerformanceObserver } = require('node:perf_hooks');
const { isMainThread } = require('node:worker_threads');

const schedstat = openSync('/proc/thread-self/schedstat', 'r');
const text = Buffer.alloc(64);

/**
 * In nanoseconds: what this thread was on a processor, and waited for one; and the system's monotonic clock, by which V8 tells
 * the time of samples.
 */
function now() {
  // Linux books a running thread at its tick, up to 4 ms late, or when somebody asks for the CPU time of the process.
  process.cpuUsage();
  const [cpu, queued] = text
    .latin1Slice(0, readSync(schedstat, text, 0, text.length, 0))
    .split(' ')
    .map(Number);
  return { cpu, queued, wall: Number(process.hrtime.bigint()) };
}

function threadCpu() {
  return now().cpu;
}

/** One line of the account: a function, several that count as one, or a label; with what it used. */
class Row {
  cpu = 0;
  wall = 0;
  spans = [];

  constructor(of) {
    this.of = of;
  }

  /** Runs it, and books what this took. Not to be nested. */
  run(work, ...args) {
    const begin = now();
    const result = work(...args);
    this.add(begin);
    return result;
  }

  /** Books the time since then, or a part of it, from 0 to 1. */
  add(begin, part = 1) {
    const end = now();
    this.cpu += (end.cpu - begin.cpu) * part;
    this.wall += (end.wall - begin.wall) * part;
    this.spans.push({ begin, end, garbage: 0 });
  }
}

const rows = [];
let begin = now();
/** What Node used of CPU time to come this far: of a worker's, the main thread had a part, too. */
let before = isMainThread ? begin.cpu : (process.cpuUsage().user + process.cpuUsage().system) * 1000;

/** @param of A function's name, `{ functions }` that count as one, of one `file` or any, or `{ label: [key, value] }`. */
function row(of) {
  const row = new Row(typeof of === 'string' ? { functions: [of] } : of);
  rows.push(row);
  return row;
}

/** Begins the account anew: what came before was not profiled. */
function restart() {
  for (const row of rows) Object.assign(row, { cpu: 0, wall: 0, spans: [] });
  begin = now();
  before = 0;
}

let collections;
/** Row of the collections that the program asks for. */
let garbage;
/** What `performance.now()` counts from, by the clock of {@link now}. */
const origin = Number(process.hrtime.bigint()) - performance.now() * 1e6;

/**
 * Garbage is collected in the middle of a function, and V8's profilers show it as a frame of its own, without a caller. From
 * here on it has a row of its own, too, and no other row has it.
 *
 * The clock can only be read around collections that the program asks for: see {@link collect}. There are to be few others: Node
 * measures those by the clock on the wall, and a collection may wait (on Node 26 for two thirds of its time, in `build`). It
 * tells nothing of the steps of incremental marking, and of CPU time only if no other thread helps: run it by
 * `--expose-gc --single-threaded-gc --no-incremental-marking` and with much room for what is young.
 */
function watchGarbage() {
  collections = [];
  garbage = new Row({ functions: ['(garbage collector)'] });
  new PerformanceObserver((list) => collections.push(...list.getEntries())).observe({ entryTypes: ['gc'] });
}

/** Has V8 collect garbage now, between the rows. */
function collect() {
  garbage.run(globalThis.gc);
}

/** What collections in this span took of the thread's CPU time: it waited for a processor in them as often as elsewhere. */
function garbageCpu({ begin, end, garbage }) {
  const cpu = end.cpu - begin.cpu;
  return (garbage * cpu) / (cpu + end.queued - begin.queued);
}

/** Node delivers what it saw of collections when the event loop turns. */
async function bookGarbage() {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  const spans = rows.flatMap(({ spans }) => spans);
  const others = { cpu: 0, wall: 0, inside: 0 };
  for (const { startTime, duration } of collections) {
    const at = origin + startTime * 1e6;
    const isIn = ({ begin, end }) => begin.wall <= at && at < end.wall;
    // Its begin, just behind ours, is known less well than that.
    if (garbage.spans.some(({ begin, end }) => begin.wall - 1e6 <= at && at < end.wall)) continue;
    others.wall += duration * 1e6;
    const span = spans.find(isIn);
    if (span !== undefined) span.garbage += duration * 1e6;
  }
  for (const row of rows) {
    for (const span of row.spans) {
      const cpu = garbageCpu(span);
      row.cpu -= cpu;
      row.wall -= span.garbage;
      others.cpu += cpu;
      others.inside += span.garbage;
    }
  }
  // What was collected between the rows is taken to have been like the rest.
  garbage.cpu += others.inside === 0 ? 0 : (others.cpu * others.wall) / others.inside;
  garbage.wall += others.wall;
  rows.push(garbage);
}

/**
 * Says on stdout, in one line, what each row used and all of it together. Call it last.
 * @param whole What was all of it:
 *   - `thread`: what this thread used since the beginning
 *   - `rows`: nothing but the rows; between them the thread was idle
 *   - `unknown`: not known, since other threads worked, or this one was idle. Rows are compared with each other alone.
 */
function report(whole = 'thread') {
  const end = now();
  const sum = (unit) => rows.reduce((sum, row) => sum + row[unit], 0);
  const say = () =>
    writeSync(
      1,
      `${JSON.stringify({
        rows: rows.map(({ of, cpu, wall }) => ({ ...of, cpu, wall })),
        ...(whole === 'thread' ? { cpu: end.cpu - begin.cpu, wall: end.wall - begin.wall } : {}),
        ...(whole === 'rows' ? { cpu: sum('cpu'), wall: sum('wall') } : {}),
        before,
        busyness: (end.queued - begin.queued) / (end.queued - begin.queued + end.cpu - begin.cpu),
        span: [begin.wall, end.wall],
      })}\n`,
    );
  return collections === undefined ? say() : bookGarbage().then(say);
}

/** The same for allocations: how much each function allocated, in any unit. The program stays until its stdin ends. */
function reportBytes(allocated) {
  const rows = Object.entries(allocated).map(([name, bytes]) => ({ functions: [name], bytes }));
  writeSync(1, `${JSON.stringify({ rows, bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0) })}\n`);
  process.stdin.resume();
}

/** Tells when this thread has used so many milliseconds more of CPU time. */
function budget(milliseconds) {
  const end = threadCpu() + milliseconds * 1e6;
  return () => threadCpu() >= end;
}

/**
 * Is busy for so many milliseconds of CPU time. It asks for the time seldom: to answer, Linux looks at whether the thread's
 * time slice is over, so that on a busy machine a program that asks often is sampled there more than anywhere else.
 */
function busy(milliseconds) {
  const isSpent = budget(milliseconds);
  let sum = 0;
  do for (let i = 0; i < 4e6; i++) sum += Math.sqrt(i);
  while (!isSpent());
  return sum;
}

module.exports = { budget, busy, collect, now, report, reportBytes, restart, row, watchGarbage };
