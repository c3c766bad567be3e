const { getBuiltinModule } = process;

/** Is there a port that debuggers may have come by? Worker threads have none of their own. */
export function hasInspectorPort(): boolean {
  return getBuiltinModule('node:inspector').url() !== undefined;
}

/** What this thread's sessions have in common, for V8 to find them in the heap by. */
export function sessionPrototype(): object {
  return getBuiltinModule('node:inspector').Session.prototype;
}
