/**
 * Bytes in memory that nobody shares: `Uint8Array<ArrayBuffer>` where TypeScript knows that (5.7 and later), `Uint8Array` where
 * it does not. Declarations that name it have to be read by both.
 */
export type OwnBytes = ReturnType<typeof Uint8Array.from>;
