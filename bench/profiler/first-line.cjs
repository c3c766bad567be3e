// How long the process took to come to its first line, and when it had nothing more to do.
console.log(JSON.stringify({ firstLineMs: performance.now() }));
