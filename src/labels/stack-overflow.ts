import { isMainThread } from 'node:worker_threads';
import type { LabelImplementation } from '../protocol/label-records.js';
import type { LabelContext } from './label-context.js';

/** The first Node of each line on which a stack overflow under a hook of async_hooks can be caught (CVE-2025-59466). */
const mended: ReadonlyMap<number, number> = new Map([
  [20, 20],
  [22, 22],
  [24, 13],
  [25, 3],
]);

/** Whether a Node has the fault, which lines that have ended never lost: `v22.12.0` has it, `v22.22.0` not. */
export function hasOverflowFault(version: string): boolean {
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number);
  return major < 26 && minor < (mended.get(major) ?? Number.POSITIVE_INFINITY);
}

/**
 * Has the first labels of the main thread say, on a Node where they open it to this fault, that it is so: where Node keeps what
 * an AsyncLocalStorage holds on the resources of async_hooks (before Node 24), the first one puts its hook in place, and a stack
 * overflow that meets that hook ends the process with status 7 whatever catches it. So it is with every AsyncLocalStorage, and
 * leaving out the hook of ./switch-hook.ts would change nothing; where contexts are in V8's frames, that hook has not the fault.
 */
export function warnOfOverflowFault(implementation: LabelImplementation, context: LabelContext): LabelImplementation {
  if (!isMainThread || !hasOverflowFault(process.version)) return implementation;
  let isDue = true;
  const warn = () => {
    if (!isDue) return;
    isDue = false;
    if (context.place?.kind !== 'resources') return;
    process.emitWarning(
      `profbuf's labels use AsyncLocalStorage, with which a stack overflow cannot be caught on Node.js ${process.version} and ends ` +
        'the process (CVE-2025-59466). Node.js 20.20.0, 22.22.0 and 24.13.0 have the fix',
      { type: 'SecurityWarning', code: 'PROFBUF_STACK_OVERFLOW' },
    );
  };
  return {
    ...implementation,
    withLabels(labels, fn) {
      warn();
      return implementation.withLabels.call(this, labels, fn) as ReturnType<typeof fn>;
    },
    setLabels(labels) {
      warn();
      implementation.setLabels(labels);
    },
  };
}
