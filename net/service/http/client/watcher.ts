/** What becomes of a request, for who wants to watch: connections and heads as they pass. */
import { Stream } from "../../stream/stream";
import { HttpHead } from "../message/head";

export abstract class HttpWatcher {
  /** The request goes over `stream`; `reused`: it had served another one before. */
  abstract connected(stream: Stream, reused: bool): void;
  /** The head of a request goes out. */
  abstract sent(head: string): void;
  /** The head of a final answer came. */
  abstract received(head: HttpHead): void;
}
