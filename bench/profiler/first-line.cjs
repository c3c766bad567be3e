// How long the process took to come to its first line, and when it began.
console.log(JSON.stringify({ firstLineMs: performance.now(), startedAt: performance.timeOrigin }));
