/** A worker that writes the attempts of a sequence, without losing any if so asked, and reports how many were lost. */
import { ProfBufWriter } from 'profbuf/buffer';
import { scatter, sleep, writeAttempt, writeWhenThereIsRoom } from '../threads/sequence.js';
import type { WriterTask } from './tasks.js';

addEventListener('message', ({ data }: MessageEvent<WriterTask>) => {
  const writer = new ProfBufWriter(data.shared);
  for (let i = 0; i < data.attempts; i++) {
    if (data.isLossless) writeWhenThereIsRoom(writer, i);
    else writeAttempt(writer, i);
    if (scatter(i) % 200 === 0) sleep(0.1);
  }
  writer.close();
  postMessage(writer.lost);
});
