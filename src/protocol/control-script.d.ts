/**
 * A script whose value is a thread's control, from `application/control/`: compiled and bundled into one string by
 * scripts/build.mjs, since threads that have not loaded the package get it through the inspector.
 */
export const controlScript: string;
