import { BadInput } from '../bad-input.js';

/** Its main thread does not answer: it is in native code, such as a system call that blocks. */
export class SilentProcess extends BadInput {}
