import { relative } from 'node:path';
import type { Frame } from '../../profile/frame.js';
import { printable } from '../../profile/text.js';
import type { StallReport, StallStack } from '../../protocol/stall-report.js';

/** The most callers that are named besides the function that held the loop. */
const mostCallers = 4;

/** One line: `event loop blocked for 1.4 s: 93 % in parse (src/feed.ts:88) ← handler, route=/import`. */
export function stallText({ durationMs, isOver, stacks }: StallReport): string {
  const length = durationMs < 1000 ? `${durationMs} ms` : `${(durationMs / 1000).toFixed(1)} s`;
  return `event loop blocked for ${length}${isOver ? '' : ' so far'}: ${culpritText(stacks, isOver)}${labelText(stacks)}`;
}

function culpritText(stacks: readonly StallStack[], isOver: boolean): string {
  if (stacks.length === 0)
    return `in native code, or waiting for a processor: ${isOver ? 'no stack could be taken' : 'there is no stack yet'}`;
  const { share, frames } = culprit(stacks);
  const [held, ...callers] = frames;
  if (held === undefined) return 'in code without a name';
  return [`${Math.round(share * 100)} % in ${described(held)}`, ...callersUpTo(callers, held)].join(' ← ');
}

/** The caller that belongs to the program is what one looks for; what lies between says how it came there. */
function callersUpTo(callers: readonly Frame[], held: Frame): string[] {
  const named: string[] = [];
  let isOwn = isProgram(held);
  for (const caller of callers.slice(0, mostCallers)) {
    if (!isProgram(caller) && isOwn) break;
    named.push(isOwn ? printable(caller.functionName) : described(caller));
    if (isOwn) break;
    isOwn = isProgram(caller);
  }
  return named;
}

/**
 * The function that held the loop for at least half of the time, as deep in the stacks as there is one, and its callers.
 * Its own lines may differ between samples, so functions are told apart by name and file.
 */
function culprit(stacks: readonly StallStack[]): { share: number; frames: readonly Frame[] } {
  let below = stacks;
  let depth = 0;
  let share = 1;
  let frames: readonly Frame[] = [];
  for (;;) {
    const byFrame = new Map<string, StallStack[]>();
    for (const stack of below) {
      const frame = stack.frames.at(-1 - depth);
      if (frame === undefined) continue;
      const key = `${frame.functionName}\0${frame.file}`;
      const group = byFrame.get(key);
      if (group) group.push(stack);
      else byFrame.set(key, [stack]);
    }
    const [widest] = [...byFrame.values()].sort((a, b) => shareOf(b) - shareOf(a));
    const [first] = widest ?? [];
    if (widest === undefined || first === undefined) return { share, frames };
    // Where nothing took half of the time, what took most.
    if (depth > 0 && shareOf(widest) < 0.5) return { share, frames };
    below = widest;
    share = shareOf(widest);
    depth++;
    frames = first.frames.slice(first.frames.length - depth);
  }
}

function shareOf(stacks: readonly StallStack[]): number {
  return stacks.reduce((sum, { share }) => sum + share, 0);
}

function isProgram({ file }: Frame): boolean {
  return file !== '' && !file.startsWith('node:');
}

function described({ functionName, file, line }: Frame): string {
  const name = printable(functionName);
  // Functions without a name are named by their place already.
  if (file === '' || name.startsWith('(anonymous ')) return name;
  const path = file.startsWith('/') ? nearer(relative(process.cwd(), file), file) : file;
  return `${name} (${printable(path)}${line > 0 ? `:${line}` : ''})`;
}

function nearer(path: string, file: string): string {
  return path.startsWith('..') ? file : path;
}

/** The labels of the largest part of the time. */
function labelText(stacks: readonly StallStack[]): string {
  const labels = Object.entries(stacks[0]?.labels ?? {});
  return labels.map(([key, value]) => `, ${printable(key)}=${printable(String(value))}`).join('');
}
