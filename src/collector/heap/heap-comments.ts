import type { HeapProfileName } from '../../protocol/heap-settings.js';
import type { HeapSampler } from './heap-sampler.js';
import { otherProfile } from './sampler-use.js';

/** Which profile has the sampler, and since when? */
export function useComment(name: HeapProfileName, sinceMs: number, isPinned: boolean): string {
  const until = isPinned ? 'as the program was started with it' : `until somebody asks for ${otherProfile(name)}`;
  return `V8 has one sampler of a thread's heap: it serves ${name} since ${new Date(sinceMs).toISOString()}, ${until}`;
}

/** How old is the profile, and what did it cost? */
export function readingComments({ readings, collectsAtRead }: HeapSampler): string[] {
  const { count, lastAt, lastMs, longestMs, totalMs } = readings;
  if (count === 0) return [];
  const ageSeconds = ((performance.now() - lastAt) / 1000).toFixed(1);
  const [last, longest, total] = [lastMs, longestMs, totalMs].map((ms) => `${ms.toFixed(1)} ms`);
  const held = count === 1 ? last : `${last}, at the longest ${longest}, ${count} times together ${total}`;
  const why = collectsAtRead ? ', with the collection of all garbage that Node needs for it before 26' : '';
  return [`read ${ageSeconds} s ago, which held up the thread for ${held}${why}`];
}
