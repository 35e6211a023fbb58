/** A scripted HTTP server that records its requests. */
import type { Peer } from "./peer.ts";

/**
 * Serves on a port of `peer`: `answer` gets each whole request, and how many there have been.
 * Returns the list of requests, which grows.
 */
export function recordRequests(
  peer: Peer,
  port: number,
  answer: (request: string, count: number) => Buffer | string,
): string[] {
  const requests: string[] = [];
  peer.tcp.listeners.set(port, (connection) => {
    let text = "";
    connection.onData = (data) => {
      text += data.toString("latin1");
      const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
      const end = text.indexOf("\r\n\r\n") + 4;
      if (end < 4 || text.length < end + length) return;
      requests.push(text);
      const response = answer(text, requests.length);
      text = "";
      connection.write(typeof response === "string" ? Buffer.from(response, "latin1") : response);
    };
    connection.onFinish = () => connection.close();
  });
  return requests;
}
