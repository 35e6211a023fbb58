/** Observes an HTTP exchange: its connections and heads. */
import { Stream } from "../../stream/stream";
import { HttpHead } from "../message/head";

export abstract class HttpWatcher {
  /** The request is sent over `stream`; `reused` if that has served another request. */
  abstract connected(stream: Stream, reused: bool): void;
  /** The head of a request is sent. */
  abstract sent(head: string): void;
  /** The head of a final response arrived. */
  abstract received(head: HttpHead): void;
}
