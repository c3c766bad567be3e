/** What the page, its workers and its worklets tell each other. */
export interface WriterTask {
  shared: SharedArrayBuffer;
  attempts: number;
  isLossless?: boolean;
}

/** What a reader had, and the code of the error that refused to let it block. */
export interface Arrived {
  delivered: number;
  lost: number;
  refusal?: string;
}

/** What came of a sequence between two threads of a browser. */
export interface Outcome extends Arrived {
  lostByWriter: number;
}
