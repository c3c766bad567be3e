/** A worker that follows a sequence to its end, asleep while there is nothing to read, and reports what arrived. */
import { ProfBufReader } from 'profbuf/buffer';
import { Follower } from '../threads/sequence.js';
import type { Arrived } from './tasks.js';

addEventListener('message', ({ data }: MessageEvent<SharedArrayBuffer>) => {
  const reader = new ProfBufReader(data);
  const follower = new Follower();
  for (; !reader.ended; reader.wait()) for (const record of reader) follower.add(record);
  const { delivered, lost } = follower;
  postMessage({ delivered, lost } satisfies Arrived);
});
