/** A host without connections: every request for one is refused. */
import { Connector } from "../../../net/service/stream/connector";
import { Stream } from "../../../net/service/stream/stream";

export class NoConnector implements Connector {
  connect(_address: u32, _port: u32, _now: i64): Stream | null {
    return null;
  }
  connectSecure(_host: string, _address: u32, _port: u32, _now: i64): Stream | null {
    return null;
  }
  secure(_stream: Stream, _host: string, _port: u32, _at: i64): Stream | null {
    return null;
  }
  reaches(_stream: Stream): bool {
    return true;
  }
  refusal(): string {
    return "too many connections";
  }
}
