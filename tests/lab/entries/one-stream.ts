/** Connections that are scripted streams, and no names. */
import { NameAnswer, NameLookup } from "../../../net/service/http/client/ports";
import { Connector } from "../../../net/service/stream/connector";
import { Stream } from "../../../net/service/stream/stream";
import { ScriptedStream } from "./scripted-stream";

export class NoNames implements NameLookup {
  lookup(_name: string, _now: i64): NameAnswer {
    throw new Error("an address needs no lookup");
  }
}

/** Each connection is a new stream; `stream` is the latest. */
export class OneStream implements Connector {
  stream: ScriptedStream = new ScriptedStream();
  connect(_address: u32, _port: u32, _now: i64): Stream | null {
    this.stream = new ScriptedStream();
    return this.stream;
  }
  connectSecure(_host: string, _address: u32, _port: u32, _now: i64): Stream | null {
    return null;
  }
  secure(_stream: Stream, _host: string, _port: u32, _now: i64): Stream | null {
    return null;
  }
  reaches(_stream: Stream): bool {
    return true;
  }
  refusal(): string {
    return "";
  }
}
