import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { Profile } from 'profbuf';
import { main } from '../../../test/cli/command.js';
import { root } from '../programs.js';
import { stacksOf } from '../stack.js';
import { accountOf, type Observation, type Profiler, preload, start, type Task } from './task.js';

/** `profbuf record`, or `startProfiler` in a program that is warm; for allocations its `allocs` over HTTP. */
export const profbuf: Profiler = {
  observe: (task) => {
    switch (task.program.way) {
      case 'late':
        return late(task, 'cpu');
      case 'allocations':
        return allocations(task);
      default:
        return recorded(task);
    }
  },
};

/** `/debug/pprof/wall`. */
export const profbufWall: Profiler = {
  cannot: ({ way }) => (way === 'allocations' ? 'has no time' : undefined),
  observe: (task) => (task.program.way === 'late' ? late(task, 'wall') : collectedWall(task)),
};

function profileIn(folder: string): Profile {
  return Profile.decode(readFileSync(join(folder, 'profile.pb.gz')));
}

async function late(task: Task, unit: 'cpu' | 'wall'): Promise<Observation> {
  const account = await accountOf(start(task, preload('late-profbuf.cjs'), { TRUTH_UNIT: unit }));
  return { account, stacks: { [unit]: stacksOf(profileIn(task.folder), unit) } };
}

async function recorded(task: Task): Promise<Observation> {
  const options = ['--quiet', '--rate', String(task.rate), '--output', join(task.folder, 'profile.pb.gz')];
  const account = await accountOf(start(task, [main, 'record', ...options, '--']));
  return { account, stacks: { cpu: stacksOf(profileIn(task.folder), 'cpu') } };
}

async function collectedWall(task: Task): Promise<Observation> {
  const program = await served(task);
  const wall = program.ask('wall?seconds=600');
  await program.letGo();
  // Collections end with the program, and are answered whole.
  const stacks = stacksOf(Profile.decode(await wall), 'wall');
  return { account: await accountOf(program.run), stacks: { wall: stacks } };
}

async function allocations(task: Task): Promise<Observation> {
  const program = await served(task, { PROFBUF_ALLOCS: '1' });
  await program.letGo();
  await program.run.printed(/"rows".*\n/);
  const stacks = stacksOf(Profile.decode(await program.ask('allocs')), 'alloc_space');
  return { account: await accountOf(program.run), stacks: { bytes: stacks } };
}

/** The program under our preload, with `/debug/pprof/`. It is held before its first line until it is let go. */
async function served(task: Task, env: NodeJS.ProcessEnv = {}) {
  const reader = join(task.folder, 'reader');
  const run = start(task, ['--require', join(root, 'dist/register.cjs'), ...preload('wait-for-reader.cjs')], {
    PROFBUF_OUTPUT: join(task.folder, 'profile.pb.gz'),
    PROFBUF_RATE: String(task.rate),
    PROFBUF_HTTP: '0',
    TRUTH_READER: reader,
    ...env,
  });
  const [, url = ''] = await run.said(/serving (http:\S+\/debug\/pprof\/)/);
  const ask = (path: string) => bodyOf(`${url}${path}`);
  const letGo = async () => {
    // What was asked before has begun when these are answered.
    for (let i = 0; i < 2; i++) await ask('cmdline');
    writeFileSync(reader, '');
  };
  return { run, ask, letGo };
}

function bodyOf(url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk)).on('error', reject);
      response.on('end', () => resolve(Buffer.concat(chunks)));
    });
    request.on('error', reject);
  });
}
