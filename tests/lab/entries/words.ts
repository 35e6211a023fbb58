/** Numbers as words for the user: stream failures, HTTP statuses, TLS groups. */
import { reasonOf } from "../../../net/service/http/server/response";
import { TcpStream } from "../../../net/service/stream/tcp-stream";
import { groupName } from "../../../net/service/tls/names";
import { SocketError } from "../../../net/socket/error";
import { TcpConnection } from "../../../net/socket/tcp/connection";
import { Tcp } from "../../../net/socket/tcp/tcp";
import { sink } from "./capture-sink";
import { SequenceRandom } from "./sequence-random";

const table = new Tcp(new SequenceRandom());

/** A stream whose connection ended with this error. */
function failed(error: SocketError): TcpStream {
  const connection: TcpConnection = table.connect(0, 0, 0, sink)!;
  connection.block.failToOpen(error);
  return new TcpStream(connection);
}
export function failureKind(error: SocketError): u32 {
  return failed(error).failureKind();
}
export function failure(error: SocketError): string {
  return failed(error).failure();
}
/** Reads from the failed stream; returns the number of bytes. */
export function read(error: SocketError): u32 {
  return failed(error).read(memory.data(16), 16);
}

export function reason(status: u32): string {
  return reasonOf(status);
}

export function group(number: i32): string {
  return groupName(number);
}
