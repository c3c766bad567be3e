/** The most stacks, and the most frames, that a profile of the heap tells apart: what comes later is under `(other)`. */
export const tableLimits = { samples: 65_536, locations: 65_536 } as const;
