#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { versionProblem } from '../protocol/supported-node.js';
import { attach } from './attach.js';
import { BadInput } from './bad-input.js';
import { convert } from './convert.js';
import { diff } from './diff.js';
import { ps } from './ps.js';
import { record } from './record.js';
import { report } from './report.js';
import { stack } from './stack.js';
import { top } from './top.js';
import { view } from './view.js';

const usage = `Usage: profbuf <command>

  profbuf record [options] [--] <script | command> [arguments]   profile a program as it runs
  profbuf attach PID                                             profile a process that runs already
  profbuf stack PID                                              show what each of its threads does right now
  profbuf ps                                                     list the processes that can be attached to
  profbuf report FILE                                            make a page of a profile, to look at
  profbuf view FILE                                              look at it in the browser at once
  profbuf top FILE                                               show where a profile's time went
  profbuf top --pid PID                                          show what a process does, again every second
  profbuf diff BASE... -- NEW...                                 tell what changed from noise
  profbuf convert FILE... --output FILE                          add profiles up, write another format

profbuf <command> --help says more; profbuf --version.
`;

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  record,
  attach,
  stack,
  ps,
  report,
  view,
  top,
  diff,
  convert,
};

async function main([command, ...args]: readonly string[]): Promise<void> {
  if (command === '--help' || command === '-h' || command === 'help') {
    process.stdout.write(usage);
  } else if (command === '--version' || command === '-v') {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    process.stdout.write(`profbuf ${version}\n`);
  } else if (command === undefined || !Object.hasOwn(commands, command)) {
    const problem = command === undefined ? 'no command' : `unknown command ${command}`;
    throw new BadInput(`${problem}; the commands are ${Object.keys(commands).join(', ')}: see profbuf --help`);
  } else {
    // The command itself can do with less than what it profiles: a program of an old Node runs, and it says of it what it says of
    // every process that cannot be profiled.
    if (Number.parseInt(process.versions.node, 10) < 18) throw new BadInput(versionProblem() ?? '');
    await commands[command]?.(args);
  }
}

// The reader of our output has seen enough, as in `profbuf top FILE | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// Without a reader for our words the program that is being recorded runs on all the same.
process.stderr.on('error', () => {});

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BadInput)) throw error;
  process.stderr.write(`profbuf: ${error.message}\n`);
  process.exitCode = 2;
}
