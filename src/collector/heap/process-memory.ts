import type { Target } from '../inspector/target.js';
import { ThreadControl } from '../inspector/thread-control.js';

const figures = ['rss', 'heapUsed', 'heapTotal', 'external', 'arrayBuffers'] as const;

/**
 * What does the process take besides the sampled heap? Buffers, code and stacks are in no profile of V8's, and a leak may be
 * there. The figures are those of `process.memoryUsage()` on the thread.
 */
export async function processMemory(target: Target): Promise<string> {
  try {
    const control = await ThreadControl.attach(target);
    const usage = await control.memoryUsage();
    return `memory of the process: ${figures.map((name) => `${name} ${mebibytes(usage[name])}`).join(', ')}`;
  } catch (error) {
    return `memory of the process: not known: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
