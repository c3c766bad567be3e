/** One entry of a stack. Lines and columns count from 1; 0 means not known. */
export interface Frame {
  readonly functionName: string;
  readonly file: string;
  readonly startLine: number;
  /** Where in that line the function begins. */
  readonly startColumn?: number;
  readonly line: number;
  readonly column?: number;
  /** Its code is part of the next frame's, outwards: the engine has inlined it. Both are one place of the program. */
  readonly isInlined?: boolean;
}

/** Stands at the root of a stack for the callers that V8 has left out. */
export const truncatedFrame: Frame = { functionName: '(truncated)', file: '', startLine: 0, line: 0 };
