/** Observes an HTTP exchange: its connections and heads. */
import { Stream } from "../../stream/stream";
import { HttpHead } from "../message/head";

export abstract class HttpWatcher {
  /** A request is about to be sent over `stream`; `reused`: it has served another request. */
  abstract connected(stream: Stream, reused: bool): void;
  /** The head of a request is about to be sent. */
  abstract sent(head: string): void;
  /** The head of a final response arrived. */
  abstract received(head: HttpHead): void;
}
