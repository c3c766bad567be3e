import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Folder, root, run } from '../cli/command.js';
import { runtimes } from '../runtimes.js';

/*
 * Programs that debug themselves, and programs that are debugged: Node lets a thread pause only as long as a session with it from
 * elsewhere could let it go on, and takes the collector's for one.
 */

const preload = join(root, 'dist/register.cjs');

/** Pauses by a statement, a command and exceptions, at once and later. What the listener evaluates there is what a bare run sees. */
const debugsItself = `
  const { Session } = require('node:inspector');
  const session = new Session();
  session.connect();
  session.on('Debugger.paused', ({ params: { reason, callFrames: [{ callFrameId, functionName }] } }) => {
    console.log('paused', reason, functionName);
    session.post('Debugger.evaluateOnCallFrame', { callFrameId, expression: 'value' }, (error, answer) => console.log(error?.message, answer?.result.value));
    session.post('Debugger.resume');
  });
  session.on('Debugger.resumed', () => console.log('resumed'));
  session.post('Debugger.enable');
  function statement(value) { debugger; return value; }
  function command(value) { session.post('Debugger.pause'); return value + 1; }
  console.log(statement(3), command(4));
  session.post('Debugger.setPauseOnExceptions', { state: 'all' });
  for (let n = 0; n < 20; n++) try { (function thrower(value) { throw new Error('e'); })(n); } catch {}
  setTimeout(() => { statement(7); session.disconnect(); statement(8); console.log('over'); }, 300);
`;

const programs = {
  'a program debugs itself': debugsItself,
  'a worker thread debugs itself': `
    const { Worker } = require('node:worker_threads');
    new Worker(${JSON.stringify(debugsItself)}, { eval: true }).on('exit', (code) => console.log('exit', code));`,
  // It takes its time, and finds the pause as it left it.
  'a worker thread debugs a main thread that has a session of its own': `
    const { Worker } = require('node:worker_threads');
    const { Session } = require('node:inspector');
    const session = new Session();
    session.connect();
    let goesOn = true;
    new Worker(${JSON.stringify(`
      const { parentPort } = require('node:worker_threads');
      const { Session } = require('node:inspector');
      const session = new Session();
      session.connectToMainThread();
      session.on('Debugger.paused', ({ params: { callFrames: [{ callFrameId }] } }) => {
        setTimeout(() => session.post('Debugger.evaluateOnCallFrame', { callFrameId, expression: 'value' }, (error, answer) => {
          parentPort.postMessage([error?.message, answer?.result.value]);
          session.post('Debugger.resume', (error) => { parentPort.postMessage(['resumed', error?.message]); session.disconnect(); setTimeout(() => clearInterval(alive), 300); });
        }), 800);
      });
      const alive = setInterval(() => {}, 1000);
      session.post('Debugger.enable', () => parentPort.postMessage('enabled'));
    `)}, { eval: true }).on('message', (message) => {
      if (message === 'enabled') (function debugged(value) { debugger; return value; })(5);
      else console.log(message);
    });`,
};

describe('a pause of the debugger ends as without', { concurrency: 2 }, () => {
  for (const { name, major, path } of runtimes) {
    for (const [what, program] of Object.entries(programs)) {
      if (program !== debugsItself && major !== 20 && major !== 26) continue;
      test(`${name}: ${what}`, async (t) => {
        const folder = new Folder(t);
        folder.write('app.js', program);
        const env = { PROFBUF_QUIET: '1' };
        const bare = await run(path, ['app.js'], { cwd: folder.path, env });
        const profiled = await run(path, ['--require', preload, 'app.js'], { cwd: folder.path, env });
        assert.match(bare.stdout, /undefined [37]|resumed/);
        assert.deepEqual(profiled, bare);
        assert.equal(folder.profiles().length, 1);
      });
    }
  }
});
