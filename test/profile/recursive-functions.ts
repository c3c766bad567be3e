/** Source of recursion: of one function, of two, and of a method. */
export const recursiveFunctions = `
  function fibonacci(n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
  function isEven(n) { return n === 0 || isOdd(n - 1); }
  function isOdd(n) { return n !== 0 && isEven(n - 1); }
  class Tree {
    constructor(depth) { this.children = depth === 0 ? [] : [new Tree(depth - 1), new Tree(depth - 1)]; }
    walk() { return 1 + this.children.reduce((sum, child) => sum + child.walk(), 0); }
  }`;
