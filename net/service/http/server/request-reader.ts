/** The objects that a connection needs only while it reads and answers a request. */
import { HTTP_SERVER_HEAD_BYTES, HTTP_SERVER_HEADER_FIELDS } from "../../../../core/limits";
import { HttpHead } from "../message/head";
import { HeadParser } from "../message/head-parser";
import { IncomingRequest } from "./handler";

/** How many unused readers are kept for later requests. */
const SPARE_READERS = 32;

/** The head of the current request, its parser, and the request as handlers see it. */
export class RequestReader {
  readonly head: HttpHead = new HttpHead(HTTP_SERVER_HEAD_BYTES, HTTP_SERVER_HEADER_FIELDS);
  readonly parser: HeadParser = new HeadParser(this.head, true);
  readonly request: IncomingRequest = new IncomingRequest(this.head);
}

/** Unused readers. A connection that waits for a request needs none, so many can share a few. */
export class SpareReaders {
  private readonly readers: Array<RequestReader> = [];

  /** Returns an unused reader, or a new one. */
  take(): RequestReader {
    return this.readers.length > 0 ? this.readers.pop() : new RequestReader();
  }

  /** Takes back a reader whose head is empty. */
  give(reader: RequestReader): void {
    if (this.readers.length < SPARE_READERS) this.readers.push(reader);
  }
}
