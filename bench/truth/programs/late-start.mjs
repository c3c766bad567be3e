// A warm program whose profiler starts late: what V8 compiled before is known to no profiler by itself. The functions are those
// of inlined-same-file.cjs.
import { turns } from './inlined-same-file.cjs';
import ledger from './ledger.cjs';

const validating = ledger.row('validate');
const rendering = ledger.row('render');

async function work(milliseconds) {
  for (const isSpent = ledger.budget(milliseconds); !isSpent(); ) {
    validating.run(turns, 1000, 0);
    await new Promise(setImmediate);
    rendering.run(turns, 0, 2000);
    await new Promise(setImmediate);
  }
}

await work(1500);
await globalThis.lateProfiler.start();
ledger.restart();
await work(1500);
ledger.report();
await globalThis.lateProfiler.stop();
