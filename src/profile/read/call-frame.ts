import type { Frame } from '../frame.js';
import { type CallFrame, frameOf, runtimeState } from '../frame-name.js';
import { type JsonObject, objectIn } from './json.js';

/** V8's description of a function in a file: `{ functionName, scriptId, url, lineNumber, columnNumber }`. */
export function callFrameIn(node: JsonObject, what: string): CallFrame {
  const { functionName, scriptId, url, lineNumber, columnNumber } = objectIn(node.callFrame, `callFrame of ${what}`);
  return {
    functionName: typeof functionName === 'string' ? functionName : '',
    scriptId: typeof scriptId === 'number' || typeof scriptId === 'string' ? scriptId : '',
    url: typeof url === 'string' ? url : '',
    lineNumber: fromZero(lineNumber),
    columnNumber: fromZero(columnNumber),
  };
}

function fromZero(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31 - 1 ? value : -1;
}

/** Stands for a stack on which there was nothing. */
export const programFrame: Frame = frameOf({
  functionName: '(program)',
  url: '',
  lineNumber: -1,
  columnNumber: -1,
});

export function isRoot(callFrame: CallFrame): boolean {
  return runtimeState(callFrame) === '(root)';
}
