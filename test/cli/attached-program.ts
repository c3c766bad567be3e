import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { runtimes } from '../runtimes.js';
import { type Folder, profbuf, type Result, Run } from './command.js';

export const skip = process.platform !== 'linux' && 'attach and its kin are for Linux only';

/** Whether attach.soak.test.ts runs the tests: on every Node, and those that take long. */
const isSoak = process.argv[1]?.endsWith('.soak.test.js') === true;

export const attachedRuntimes = isSoak ? runtimes : runtimes.slice(-1);

/** Of two kinds of Node: those that keep contexts on resources, and those that keep them in frames of V8's. */
export const contextRuntimes = isSoak ? runtimes : runtimes.filter((_, index) => index % 3 === 0);

export const soakTest: (name: string, options: object, body: (t: TestContext) => Promise<void>) => void = isSoak
  ? test
  : () => {};

/** Never ends, and was entered long before anybody looks. */
export const endlessLoop = `
  function spin(step) { let x = 0; for (;;) x = (x + step) % 1000003; }
  setTimeout(() => { console.log('ready'); setTimeout(() => spin(3), 5); }, 1);
`;

export const idle = `require('http').createServer().listen(0, '127.0.0.1', () => console.log('ready'));`;

/** What Node says of its inspector. */
export const inspectorWords = /^(Debugger (listening on ws|attached)|For help, see: ).*$/;

/** Tells what it has when asked on stdin by `state`, and ends with status 7 by `end`. */
export const tellsState = `
  process.stdin.on('data', (text) => {
    if (String(text) === 'end') process.exit(7);
    const listeners = process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
    const resources = process.getActiveResourcesInfo().sort();
    const labels = globalThis[Symbol.for('profbuf.labels')];
    console.log('has ' + JSON.stringify({ listeners, resources, labels: labels && Object.keys(labels),
      globals: Object.getOwnPropertyNames(globalThis), symbols: Object.getOwnPropertySymbols(globalThis).map(String) }));
  });
`;

export interface StartOptions {
  readonly path: string;
  /** Of Node. */
  readonly options?: readonly string[];
}

/** A program that runs, and has said that it is ready. It is killed when the test is over. */
export async function start(
  t: TestContext,
  folder: Folder,
  code: string,
  { path, options = ['--inspect-port=0'] }: StartOptions,
): Promise<Run> {
  const program = new Run(path, [...options, folder.write('app.js', code)], { cwd: folder.path });
  t.after(() => program.process.kill('SIGKILL'));
  await program.printed('ready');
  return program;
}

export function attach(folder: Folder, program: Run, ...options: readonly string[]): Promise<Result> {
  return profbuf(['attach', ...options, String(program.process.pid)], { cwd: folder.path });
}

/** What a process has that attaching could leave behind: handlers of signals, and open files, sockets among them. */
export function possessions(pid: number | undefined): unknown {
  const signals = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^Sig(Cgt|Blk|Ign):.*$/gm);
  return { signals, files: readdirSync(`/proc/${pid}/fd`) };
}

/** What a program with {@link tellsState} says. */
export async function stateOf(program: Run): Promise<string> {
  const from = program.stdout.length;
  program.process.stdin?.write('state');
  await program.printed(new RegExp(`^[\\s\\S]{${from}}[\\s\\S]*has .*\\n`));
  const [state = ''] = /^has .*\n/m.exec(program.stdout.slice(from)) ?? [];
  return state;
}

/** Ends a program with {@link tellsState}, which has said nothing but what Node says of its inspector. */
export async function endsAsBefore(program: Run): Promise<void> {
  program.process.stdin?.write('end');
  const { code, stderr } = await program.end();
  assert.equal(code, 7);
  for (const line of stderr.trimEnd().split('\n')) assert.match(line, inspectorWords);
}
