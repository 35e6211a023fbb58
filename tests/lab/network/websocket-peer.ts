/** A scripted JSON-RPC server over WebSocket on a port of a peer. */
import { closeFrame, frame, opcodes, readFrames, switching } from "../packets/websocket.ts";
import type { Peer } from "./peer.ts";
import type { Connection } from "./tcp.ts";

/** A request of JSON-RPC. */
export interface Call {
  id: number;
  method: string;
  params: unknown[];
}

/** One connection. */
export class WebSocketClientOfPeer {
  /** The head of the request. */
  head = "";
  closed = false;
  private input: Buffer = Buffer.alloc(0);

  constructor(
    readonly connection: Connection,
    private readonly peer: WebSocketPeer,
  ) {
    connection.onData = (data) => this.data(data);
    connection.onFinish = () => connection.close();
  }

  send(value: unknown): void {
    this.connection.write(frame(opcodes.text, JSON.stringify(value)));
  }
  result(call: Call, result: unknown): void {
    this.send({ jsonrpc: "2.0", id: call.id, result });
  }
  /** Sends a notification of a subscription. */
  notify(subscription: string, result: unknown): void {
    const params = { subscription, result };
    this.send({ jsonrpc: "2.0", method: "eth_subscription", params });
  }

  private data(data: Buffer): void {
    this.input = Buffer.concat([this.input, data]);
    if (this.head === "") {
      const end = this.input.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.head = this.input.subarray(0, end + 4).toString();
      this.input = this.input.subarray(end + 4);
      this.connection.write(Buffer.from(this.peer.greeting(this.head)));
    }
    const { frames, rest } = readFrames(this.input);
    this.input = rest;
    for (const { opcode, masked, payload } of frames) {
      if (!masked) throw new Error("a frame without a mask");
      if (opcode === opcodes.text) this.peer.onCall(this, JSON.parse(payload.toString()));
      if (opcode === opcodes.ping) this.connection.write(frame(opcodes.pong, payload));
      if (opcode !== opcodes.close) continue;
      this.closed = true;
      this.connection.write(closeFrame(payload.length < 2 ? undefined : payload.readUInt16BE()));
      this.connection.close();
    }
  }
}

/** Listens on a port. */
export class WebSocketPeer {
  readonly clients: WebSocketClientOfPeer[] = [];
  readonly calls: Call[] = [];
  /** Returns the response to the head of a request. */
  greeting: (head: string) => string = switching;

  constructor(
    peer: Peer,
    port: number,
    public answer: (client: WebSocketClientOfPeer, call: Call) => void,
  ) {
    peer.tcp.listeners.set(port, (connection) => {
      this.clients.push(new WebSocketClientOfPeer(connection, this));
    });
  }

  onCall(client: WebSocketClientOfPeer, call: Call): void {
    this.calls.push(call);
    this.answer(client, call);
  }
}
