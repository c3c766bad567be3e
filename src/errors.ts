import { recognizeCopies } from './profile/any-copy.js';

export type ProfbufErrorCode =
  /** An option has a value that it cannot have. */
  | 'ERR_PROFBUF_OPTION'
  /** Labels that no profile can carry: nothing was run under them. */
  | 'ERR_PROFBUF_LABEL'
  /** One profiler a process, and there is one already. */
  | 'ERR_PROFBUF_ALREADY_STARTED'
  /** This Node, or the way it was started, does not let us sample. */
  | 'ERR_PROFBUF_UNAVAILABLE'
  /** The profiler was stopped. */
  | 'ERR_PROFBUF_STOPPED'
  /** The collector could not do what it was asked to. */
  | 'ERR_PROFBUF_FAILED';

/** Says by its `code` what went wrong, and by its message what to do. */
export class ProfbufError extends Error {
  readonly code: ProfbufErrorCode;

  constructor(code: ProfbufErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'ProfbufError';
    this.code = code;
  }
}

recognizeCopies(ProfbufError, 'ProfbufError');
