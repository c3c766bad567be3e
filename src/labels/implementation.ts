import { ProfbufError } from '../errors.js';
import type { LabelImplementation, LabelState } from '../protocol/label-records.js';
import { LabelContext } from './label-context.js';
import { describeValue } from './label-error.js';
import { Recorder } from './recorder.js';
import { warnOfOverflowFault } from './stack-overflow.js';

export function createImplementation(state: LabelState): LabelImplementation {
  const context = new LabelContext();
  const recorder = new Recorder(state, context);
  const implementation: LabelImplementation = {
    withLabels(labels, fn) {
      if (typeof fn !== 'function') {
        throw new ProfbufError('ERR_PROFBUF_LABEL', `withLabels runs a function, not ${describeValue(fn)}`);
      }
      const outer = context.current;
      const set = outer.with(labels);
      recorder.enter(set);
      try {
        return this === undefined
          ? context.run(outer, set, fn)
          : context.run(outer, set, () => Reflect.apply(fn, this, []));
      } finally {
        recorder.enter(outer);
      }
    },
    setLabels(labels) {
      const set = context.current.with(labels);
      context.enter(set);
      recorder.enter(set);
    },
    getLabels: () => context.current.toLabels(),
    readerChanged: () => recorder.readerChanged(),
    define: (tags) => recorder.define(tags),
    leave: () => recorder.leave(),
  };
  return warnOfOverflowFault(implementation, context);
}
