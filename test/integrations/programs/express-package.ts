import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';

// The package has no types of its own; this is what is used of them.
export interface Request extends IncomingMessage {
  readonly route?: { readonly path: unknown };
}
export type Response = ServerResponse;
export type Next = (error?: unknown) => void;
export type Handler = (request: Request, response: Response, next: Next) => unknown;
export interface Router {
  (request: unknown, response: unknown, next?: Next): void;
  use(...middleware: unknown[]): void;
  get(path: unknown, ...handlers: unknown[]): void;
  post(path: unknown, ...handlers: unknown[]): void;
}
interface Express {
  (): Router & { listen(port: number, host: string): Server };
  json(): Handler;
  Router(options?: { mergeParams: boolean }): Router;
}

/** `express` or `express4`, by the program's first argument. */
export const expressPackage = process.argv[2] ?? 'express';
export const express = createRequire(import.meta.url)(expressPackage) as Express;
