/**
 * A script whose value is a thread's `LabelVisit`, from `application/visit/`: compiled and bundled into one string by
 * scripts/build.mjs, since threads get it through the inspector.
 */
export const labelVisitScript: string;
