import { diskFiles } from '../profile/source-maps/source-files.js';
import { SourceMaps } from '../profile/source-maps/source-maps.js';
import type { ThreadStack } from './attach/thread-stack.js';
import { attachTargetOf, attachTo, targetOptions, targetUsage } from './attach-to.js';
import { parseOptions } from './options.js';
import { fromHere } from './place.js';

export const stackUsage = `Usage: profbuf stack [options] PID

Shows what every thread of a Node.js process does right now, once, as text. Linux only.
A thread that runs JavaScript stops for some milliseconds. One in native code, such as a system call that blocks, is named so.

Options:
${targetUsage}
  -h, --help          this text
`;

export async function stack(args: readonly string[]): Promise<void> {
  const { values, operands } = parseOptions('stack', { ...targetOptions, help: { type: 'boolean', short: 'h' } }, args);
  if (values.help) {
    process.stdout.write(stackUsage);
    return;
  }
  const stacks = await attachTo('stack', attachTargetOf('stack', values, operands), (attached) => attached.stacks());
  const maps = new SourceMaps({ files: diskFiles });
  const { frameOf } = await maps.originalsOf(stacks.flatMap(({ frames }) => frames));
  const texts = stacks.map((thread) => textOf({ ...thread, frames: thread.frames.map(frameOf) }));
  process.stdout.write(fromHere(texts.join('\n')));
}

const states = {
  running: 'runs JavaScript',
  waiting: 'waits: its event loop has nothing to do',
  silent: 'is in native code, such as a system call that blocks, and answers nobody',
} as const;

function textOf({ name, state, frames }: ThreadStack): string {
  const lines = frames.map(({ functionName, file, line }) => `    ${functionName}  ${file}:${line}\n`);
  return `${name || 'main thread'} ${states[state]}\n${lines.join('')}`;
}
