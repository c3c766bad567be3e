import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Folder, Run, root } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';

const control = JSON.stringify(`${root}dist/collector/inspector/thread-control.js`);

/** Reads of the environment try to get hold of the thread; Node's cluster reads it while it is loaded. */
const program = `
  import { Session } from 'node:inspector';
  import { createRequire } from 'node:module';
  import { RefusedCommandError, ThreadControl } from ${control};

  const session = new Session();
  session.connect();
  const target = {
    post: (method, parameters) =>
      new Promise((resolve, reject) => {
        session.post(method, parameters, (error, result) => (error ? reject(error) : resolve(result)));
      }),
    onEvent() {},
  };
  const attach = () => ThreadControl.attach(target).then(() => 'attached', (error) => error);
  const { env } = process;
  const prepareStackTrace = () => 'the program has no stack to tell';
  Error.prepareStackTrace = prepareStackTrace;
  const answers = [];
  Object.defineProperty(process, 'env', {
    configurable: true,
    get() {
      if (/node:cluster|internal.cluster/.test(stackOf())) answers.push(attach());
      return env;
    },
  });
  function stackOf() {
    Error.prepareStackTrace = undefined;
    const { stack } = new Error();
    Error.prepareStackTrace = prepareStackTrace;
    return stack;
  }
  createRequire(import.meta.url)('node:cluster');
  const [first] = await Promise.all(answers);
  const { stackTraceLimit } = Error;
  const kept = Error.prepareStackTrace === prepareStackTrace && stackTraceLimit === 10;
  console.log(first instanceof RefusedCommandError, first.message, kept, await attach());
`;

for (const runtime of runtimes) {
  it(`${runtime.name}: a thread that loads a module of Node is left alone until it has it`, async (t) => {
    const folder = new Folder(t);
    const run = new Run(runtime.path, [folder.write('app.mjs', program)], { cwd: folder.path });
    const { stdout, stderr } = await run.end();
    assert.equal(stdout, 'true the thread cannot be controlled: it loads a module of Node true attached\n', stderr);
  });
}
