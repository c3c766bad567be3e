import type { Rotation } from './rotation.js';
import type { WindowLength } from './window-length.js';

/**
 * How far the sampling of one thread is.
 *
 *     beginning ──► sampling ◄──► restarting
 *         │            │   │          │
 *         │            │   └► leaving │
 *         │            │        │     │
 *         └────────────┴────────┴─────┴──► over
 */
export type ThreadState =
  /** The thread has been met; what makes it sampled is on its way. */
  | { readonly at: 'beginning' }
  /** A window runs. */
  | { readonly at: 'sampling'; readonly rotation: Rotation; readonly length: WindowLength }
  /** V8's sampler has been stopped, to be started anew: nothing can be lost until it has begun. */
  | { readonly at: 'restarting' }
  /** The thread, a worker, is about to end, and has ended its last window, which is fetched when it is gone. */
  | { readonly at: 'leaving'; readonly rotation: Rotation }
  | { readonly at: 'over' };

const next: Readonly<Record<ThreadState['at'], readonly ThreadState['at'][]>> = {
  beginning: ['sampling', 'over'],
  sampling: ['restarting', 'leaving', 'over'],
  restarting: ['sampling', 'over'],
  leaving: ['over'],
  over: [],
};

export function mayFollow(state: ThreadState, following: ThreadState): boolean {
  return next[state.at].includes(following.at);
}
