import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const profbuf = JSON.stringify(pathToFileURL(createRequire(import.meta.url).resolve('profbuf')).href);

/**
 * Overflows the stack where each call makes a promise, which async_hooks see, and catches that. Its argument says in what:
 * `nothing`, an `AsyncLocalStorage`, `labels`, or `profiled labels`, which are being written down for a collector.
 */
export const overflowingProgram = `
  import { AsyncLocalStorage } from 'node:async_hooks';
  import { setTimeout as timeout } from 'node:timers/promises';
  const { startProfiler, withLabels } = (await import(${profbuf})).default;

  function deeper() {
    new Promise(() => {});
    deeper();
  }
  async function overflow() {
    await timeout(1);
    try {
      deeper();
    } catch (error) {
      console.log('caught', error.constructor.name);
    }
  }
  const ways = {
    nothing: overflow,
    AsyncLocalStorage: () => new AsyncLocalStorage().run(1, overflow),
    labels: () => withLabels({ a: 1 }, overflow),
    async 'profiled labels'() {
      const profiler = await startProfiler();
      // Until the hook is in place.
      while (profiler.stats().labelSwitches === 0) {
        await withLabels({ a: 1 }, () => timeout(5));
        await profiler.take();
      }
      await withLabels({ b: 1 }, overflow);
    },
  };
  await ways[process.argv[2]]();
  process.exit();
`;
