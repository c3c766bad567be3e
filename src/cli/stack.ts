import { diskFiles } from '../profile/source-maps/source-files.js';
import { SourceMaps } from '../profile/source-maps/source-maps.js';
import { nativeStateOf } from './attach/native-state.js';
import { SilentProcess } from './attach/silent-process.js';
import type { ThreadStack } from './attach/thread-stack.js';
import { attachTargetOf, attachTo, say, targetOptions, targetUsage } from './attach-to.js';
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
  const target = attachTargetOf('stack', values, operands);
  let isSilent = false;
  const onSilence = () => {
    isSilent = true;
    process.stdout.write(silentText(target.pid));
  };
  try {
    // What a thread that was silent does later is not what it did when it was asked.
    const stacks = await attachTo('stack', target, async (attached) => (isSilent ? [] : attached.stacks()), {
      silenceMs,
      onSilence,
    });
    process.stdout.write(await textOfAll(stacks));
  } catch (error) {
    if (!(error instanceof SilentProcess)) throw error;
    if (!isSilent) onSilence();
    say(error.message);
  }
}

async function textOfAll(stacks: readonly ThreadStack[]): Promise<string> {
  const maps = new SourceMaps({ files: diskFiles });
  const { frameOf } = await maps.originalsOf(stacks.flatMap(({ frames }) => frames));
  const texts = stacks.map((thread) => textOf({ ...thread, frames: thread.frames.map(frameOf) }));
  return fromHere(texts.join('\n'));
}

/** An endless loop answers within 150 ms; the machine may have no time for it. */
const silenceMs = 3000;

/** What there is to say of a process whose main thread does not answer. */
function silentText(pid: number): string {
  const native = nativeStateOf(pid);
  return [
    `main thread ${states.silent}\n`,
    ...(native === undefined ? [] : [`    it ${native}\n`]),
    '    worker threads, if there are any, are reached through it, and cannot be looked at\n',
  ].join('');
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
