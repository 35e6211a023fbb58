/** A man in the middle, which can cut a server's connections and alter bytes. */
import type { Peer } from "./peer.ts";

export interface Meddling {
  /** Bytes from the server after which the client's connection is closed. */
  cut?: number;
  /** The index of a byte from the server in which one bit is flipped. */
  flip?: number;
}

export class Relay {
  meddling: Meddling = {};
  /** Bytes from the server passed on in the last connection. */
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
