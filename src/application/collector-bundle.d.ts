/** The collector's program, compiled and bundled into one string by scripts/build.mjs: a worker is started from it. */
export const source: string;
