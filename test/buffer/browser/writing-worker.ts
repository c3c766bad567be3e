/** A worker that writes the attempts of a sequence, without losing any if so asked, and reports how many were lost. */
import { ProfBufWriter } from 'profbuf/buffer';
import { attemptFits, scatter, sleep, writeAttempt } from '../threads/sequence.js';
import type { WriterTask } from './tasks.js';

addEventListener('message', ({ data }: MessageEvent<WriterTask>) => {
  const writer = new ProfBufWriter(data.shared);
  for (let i = 0; i < data.attempts; i++) {
    for (let looks = 0; data.isLossless && !attemptFits(writer, i); looks++) if (looks > 1000) sleep(0.1);
    writeAttempt(writer, i);
    if (scatter(i) % 200 === 0) sleep(0.1);
  }
  writer.close();
  postMessage(writer.lost);
});
