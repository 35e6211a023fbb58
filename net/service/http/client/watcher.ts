/** Observes an HTTP exchange: its connections and heads. */
import { Stream } from "../../stream/stream";
import { HttpHead } from "../message/head";

export abstract class HttpWatcher {
  /** Called before a request is sent over `stream`, which has served another one if `reused`. */
  abstract connected(stream: Stream, reused: bool): void;
  /** Called when a proxy has responded to a request for a tunnel. */
  abstract tunnel(stream: Stream, request: string, response: HttpHead): void;
  /** Called before the head of a request is sent. */
  abstract sent(head: string): void;
  /** Called when the head of a final response has arrived. */
  abstract received(head: HttpHead): void;
}
