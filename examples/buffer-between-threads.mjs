// A busy thread reports what it does; another listens, and hears of every event, or of how many it missed.
//
//   node examples/buffer-between-threads.mjs
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { allocate, ProfBufReader, ProfBufWriter } from 'profbuf/buffer';

const EVENTS = 1_000_000;
const OPEN = 1;
const CLOSE = 2;

if (isMainThread) {
  const shared = allocate({ words: 2 ** 14, headerWords: 1 });
  new Worker(new URL(import.meta.url), { workerData: shared });

  const reader = new ProfBufReader(shared);
  const seen = { [OPEN]: 0, [CLOSE]: 0 };
  let lossReports = 0;
  let firstLoss = '';
  while (!reader.ended) {
    await reader.waitAsync();
    for (const record of reader) {
      if (record.lost > 0) {
        lossReports++;
        firstLoss ||= `first ${record.lost} at ${record.time.toFixed(3)} ms`;
      } else {
        seen[record.tag]++;
      }
    }
  }
  console.log(`written    ${EVENTS}`);
  console.log(`delivered  ${reader.delivered} (${seen[OPEN]} open, ${seen[CLOSE]} close)`);
  console.log(`lost       ${reader.lost}${lossReports > 0 ? `, in ${lossReports} places: ${firstLoss}` : ''}`);
  console.log(`together   ${reader.delivered + reader.lost}`);
} else {
  const writer = new ProfBufWriter(workerData);
  const header = [0];
  const stack = [0, 0];
  for (let i = 0; i < EVENTS; i++) {
    header[0] = i;
    stack[0] = i * 2;
    stack[1] = i * 3;
    // Never blocks, never allocates; false if the record did not fit, which is counted.
    writer.write(i % 2 === 0 ? OPEN : CLOSE, performance.now(), header, stack);
  }
  writer.close();
}
