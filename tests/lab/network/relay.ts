/** Somebody in the middle: takes connections for a server, and passes on what it likes. */
import type { Peer } from "./peer.ts";

export interface Meddling {
  /** After so many bytes of the server's the client is told that there is no more. */
  cut?: number;
  /** The server's byte with this number has a bit turned over. */
  flip?: number;
}

export class Relay {
  meddling: Meddling = {};
  /** Bytes of the server's that were passed on in the last connection. */
  passed = 0;

  constructor(peer: Peer, port: number, server: number) {
    peer.tcp.listeners.set(port, (client) => {
      const { cut = Number.POSITIVE_INFINITY, flip = -1 } = this.meddling;
      const upstream = peer.tcp.connect(server, port);
      this.passed = 0;
      client.onData = (data) => upstream.write(data);
      client.onFinish = () => upstream.close();
      client.onClose = (why) => why !== "" && upstream.abort();
      upstream.onData = (data) => {
        const part = Buffer.from(data.subarray(0, Math.max(0, cut - this.passed)));
        const at = flip - this.passed;
        if (at >= 0 && at < part.length) part[at] ^= 1;
        this.passed += part.length;
        client.write(part);
        if (this.passed < cut) return;
        upstream.abort();
        client.close();
      };
      upstream.onFinish = () => client.close();
    });
  }
}
