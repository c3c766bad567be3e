import { AsyncLocalStorage } from 'node:async_hooks';
import { ProfbufError } from '../errors.js';
import { type LabelSet, noLabels } from './label-set.js';
import type { LabelImplementation, LabelState } from './protocol.js';
import { Recorder } from './recorder.js';

export function createImplementation(state: LabelState): LabelImplementation {
  const storage = new AsyncLocalStorage<LabelSet>();
  const recorder = new Recorder(state, storage);
  const current = () => storage.getStore() ?? noLabels;
  return {
    withLabels(labels, fn) {
      if (typeof fn !== 'function') {
        throw new ProfbufError('ERR_PROFBUF_LABEL', `withLabels runs a function, not ${String(fn)}`);
      }
      const outer = current();
      const set = outer.with(labels);
      recorder.enter(set);
      try {
        return this === undefined ? storage.run(set, fn) : storage.run(set, () => Reflect.apply(fn, this, []));
      } finally {
        recorder.enter(outer);
      }
    },
    setLabels(labels) {
      const set = current().with(labels);
      storage.enterWith(set);
      recorder.enter(set);
    },
    getLabels: () => current().toLabels(),
    readerChanged: () => recorder.readerChanged(),
    define: (tags) => recorder.define(tags),
  };
}
