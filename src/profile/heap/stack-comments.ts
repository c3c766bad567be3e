import { heapStackDepth } from './sampling.js';

/** Of how many samples is the stack not whole? */
export function stackComments(cutSamples: number, otherSamples: number): string[] {
  const comments: string[] = [];
  if (cutSamples > 0) {
    comments.push(
      `${cutSamples} samples have a stack that V8 has cut: it keeps the ${heapStackDepth} frames nearest the leaf, and the callers of those are under (truncated)`,
    );
  }
  if (otherSamples > 0) comments.push(`${otherSamples} samples are under (other): the table of stacks was full`);
  return comments;
}
