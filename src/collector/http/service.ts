import type { HttpOptions } from '../../protocol/messages.js';
import type { ServiceAnswer, ServiceRequest } from '../../protocol/service.js';

/** Passes the collector's profiles on to the outside. */
export interface Service {
  /** Opens the server of the collector's options, if they have one. Never rejects. */
  start(): Promise<void>;
  /**
   * Opens a server, besides the one of the options, or closes it. Never rejects.
   * @returns where it is, if it could be opened.
   */
  listen(http: HttpOptions | undefined): Promise<string | undefined>;
  /** @param signal Aborted when nobody waits for the answer any more. */
  answer(request: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer>;
  /** Waits until answers that are due are out, and ends. */
  close(): Promise<void>;
}
