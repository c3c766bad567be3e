/** The bytes are no source map, or one that cannot be read. The message is the reason, as the end of a sentence. */
export class SourceMapError extends Error {}
