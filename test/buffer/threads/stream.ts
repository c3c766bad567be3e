/** What is streamed how, and what came of it: streaming-program.ts does it, streaming.ts looks at it. */
export const ways = ['poll', 'wait', 'waitAsync', 'iterator', 'async iterator', 'mixed'] as const;
export const paces = ['eager', 'slow', 'bursty', 'paused'] as const;
export type Way = (typeof ways)[number];
export type Pace = (typeof paces)[number];

export interface Stream {
  writer: 'main' | 'worker';
  isLossless: boolean;
  way: Way;
  pace: Pace;
}

export interface Outcome extends Stream {
  attempts: number;
  /** As the reading side counted, and as its reader did. */
  delivered: number;
  lost: number;
  losses: number;
  /** As the writer counted. */
  lostByWriter: number;
}
