/**
 * A TLS engine that follows a script: records are a letter, a length of two bytes and that many
 * bytes. "Encryption", of all records sent and of data received, is an exclusive or with 0x55.
 *
 *     'H' handshake, complete after two     'D' data     'C' close_notify     'A' alert, one byte
 *     'T' a ticket, received in one step and read in the next, as with mbedTLS
 *     'X' a certificate is rejected, 4 bytes of flags
 */
import {
  TLS_AGAIN,
  TLS_NEW_SESSION,
  TLS_OUTPUT,
  TlsBytesField,
  TlsNumberField,
  TlsState,
} from "../../../core/tls-codes";
import { TlsEngine } from "../../../net/service/tls/engine";

const HEADER: u32 = 3;
const CAPACITY: u32 = 20_000;
const RECORD: u32 = 4096;

class Connection {
  state: TlsState = TlsState.Handshaking;
  readonly input: StaticArray<u8> = new StaticArray<u8>(CAPACITY as i32);
  have: u32 = 0;
  readonly plain: StaticArray<u8> = new StaticArray<u8>(CAPACITY as i32);
  plainStart: u32 = 0;
  plainLength: u32 = 0;
  readonly output: StaticArray<u8> = new StaticArray<u8>(CAPACITY as i32);
  outputLength: u32 = 0;
  rounds: u32 = 0;
  refusals: u32 = 0;
  alert: i32 = -1;
  alertSent: i32 = -1;
  error: i32 = 0;
  /** A ticket was received and is read in the next step. */
  unread: bool = false;
  ticket: bool = false;
  resumed: bool = false;
  greeted: bool = false;

  constructor(
    readonly server: bool,
    readonly host: string,
    readonly options: u32,
  ) {}

  emit(kind: u32, source: usize, length: u32): void {
    assert(this.outputLength + HEADER + length <= CAPACITY, "the engine's output is too long");
    const at = changetype<usize>(this.output) + this.outputLength;
    store<u8>(at, kind);
    store<u8>(at + 1, length >>> 8);
    store<u8>(at + 2, length);
    for (let i: u32 = 0; i < length; i++) store<u8>(at + HEADER + i, load<u8>(source + i) ^ 0x55);
    this.outputLength += HEADER + length;
  }
}

export class ScriptedEngine implements TlsEngine {
  trouble: string = "";
  /** The most connections at a time. */
  limit: u32 = 8;
  live: u32 = 0;
  ticks: u32 = 0;
  /** The session offered last. */
  offered: string = "";
  /** The maximum number of bytes that `step` consumes. */
  appetite: u32 = u32.MAX_VALUE;
  private readonly connections: Array<Connection | null> = [];

  obstacle(): string {
    return this.trouble;
  }
  tick(): void {
    this.ticks++;
  }
  openClient(host: string, options: u32): u32 {
    return this.add(new Connection(false, host, options));
  }
  openServer(options: u32): u32 {
    return this.add(new Connection(true, "", options));
  }
  private add(connection: Connection): u32 {
    if (this.live == this.limit) return 0;
    this.live++;
    this.connections.push(connection);
    return this.connections.length;
  }
  private at(handle: u32): Connection {
    const connection = this.connections[handle - 1];
    assert(connection != null, "a connection used after it was freed");
    return connection!;
  }
  host(handle: u32): string {
    return this.at(handle).host;
  }
  options(handle: u32): u32 {
    return this.at(handle).options;
  }

  resume(handle: u32, session: usize, length: u32): bool {
    this.offered = String.UTF8.decodeUnsafe(session, length);
    this.at(handle).resumed = true;
    return true;
  }

  step(handle: u32, input: usize, length: u32): u32 {
    const connection = this.at(handle);
    if (connection.state == TlsState.Failed || connection.state == TlsState.PeerClosed) return 0;
    if (connection.plainLength > 0) return 0;
    if (!connection.server && !connection.greeted) {
      connection.greeted = true;
      connection.emit(0x48, changetype<usize>("hello"), 4);
      return 0;
    }
    let taken: u32 = 0;
    while (taken < length && taken < this.appetite && !this.whole(connection)) {
      connection.input[connection.have++] = load<u8>(input + taken);
      taken++;
      if (connection.have >= CAPACITY) break;
    }
    if (!this.whole(connection)) return taken;
    connection.unread = connection.input[0] == 0x54 && !connection.unread;
    if (!connection.unread) this.record(connection);
    return taken;
  }

  private wanted(connection: Connection): u32 {
    return HEADER + ((connection.input[1] as u32) << 8) + connection.input[2];
  }
  private whole(connection: Connection): bool {
    return connection.have >= HEADER && connection.have >= this.wanted(connection);
  }

  private record(connection: Connection): void {
    const kind = connection.input[0] as u32;
    const length = this.wanted(connection) - HEADER;
    connection.have = 0;
    const body = changetype<usize>(connection.input) + HEADER;
    if (kind == 0x48 && connection.state == TlsState.Handshaking) {
      connection.rounds++;
      if (connection.rounds == 2) connection.state = TlsState.Open;
      connection.emit(0x48, body, length);
    } else if (kind == 0x44 && connection.state == TlsState.Open) {
      const plain = changetype<usize>(connection.plain);
      for (let i: u32 = 0; i < length; i++) store<u8>(plain + i, load<u8>(body + i) ^ 0x55);
      connection.plainStart = 0;
      connection.plainLength = length;
    } else if (kind == 0x43) connection.state = TlsState.PeerClosed;
    else if (kind == 0x54) connection.ticket = true;
    else if (kind == 0x41) this.fail(connection, load<u8>(body) as i32, 0, -0x7780);
    else if (kind == 0x58) this.fail(connection, -1, load<u32>(body), -0x2700);
    else this.fail(connection, -1, 0, -0x7200);
  }

  private fail(connection: Connection, alert: i32, refusals: u32, error: i32): void {
    connection.state = TlsState.Failed;
    connection.alert = alert;
    connection.refusals = refusals;
    connection.error = error;
    if (alert >= 0) return;
    connection.alertSent = 80;
    connection.emit(0x41, changetype<usize>("*"), 1);
  }

  state(handle: u32): u32 {
    const connection = this.at(handle);
    let bits: u32 = connection.state;
    if (connection.outputLength > 0) bits |= TLS_OUTPUT;
    if (connection.ticket) bits |= TLS_NEW_SESSION;
    const greets = !connection.server && !connection.greeted;
    if (greets || connection.unread) bits |= TLS_AGAIN;
    return bits;
  }

  transmit(handle: u32, destination: usize, capacity: u32): u32 {
    const connection = this.at(handle);
    const length = min(connection.outputLength, capacity);
    const output = changetype<usize>(connection.output);
    memory.copy(destination, output, length);
    memory.copy(output, output + length, connection.outputLength - length);
    connection.outputLength -= length;
    return length;
  }

  read(handle: u32, destination: usize, capacity: u32): u32 {
    const connection = this.at(handle);
    const length = min(connection.plainLength, capacity);
    memory.copy(destination, changetype<usize>(connection.plain) + connection.plainStart, length);
    connection.plainStart += length;
    connection.plainLength -= length;
    return length;
  }

  write(handle: u32, source: usize, length: u32): u32 {
    const connection = this.at(handle);
    if (connection.outputLength > 0) return 0;
    const part = min(length, RECORD);
    connection.emit(0x44, source, part);
    return part;
  }

  close(handle: u32): void {
    this.at(handle).emit(0x43, 0, 0);
  }
  free(handle: u32): void {
    assert(this.connections[handle - 1] != null, "a connection freed twice");
    this.connections[handle - 1] = null;
    this.live--;
  }

  number(handle: u32, what: TlsNumberField): i32 {
    const connection = this.at(handle);
    if (what == TlsNumberField.Refusals) return connection.refusals as i32;
    if (what == TlsNumberField.AlertReceived) return connection.alert;
    if (what == TlsNumberField.AlertSent) return connection.alertSent;
    if (what == TlsNumberField.Error) return connection.error;
    if (what == TlsNumberField.Group) return 29;
    if (what == TlsNumberField.Resumed) return connection.resumed ? 1 : 0;
    return 0;
  }
  bytes(_handle: u32, what: TlsBytesField, _index: u32, destination: usize, capacity: u32): u32 {
    if (what > TlsBytesField.Alpn) return 0;
    const words: StaticArray<string> = ["TLSv9", "SCRIPTED", "http/1.1"];
    const text = String.UTF8.encode(words[what]);
    const length = text.byteLength as u32;
    if (length <= capacity) memory.copy(destination, changetype<usize>(text), length);
    return length;
  }
  session(handle: u32, destination: usize, _capacity: u32): u32 {
    const connection = this.at(handle);
    if (!connection.ticket) return 0;
    connection.ticket = false;
    const text = String.UTF8.encode("ticket");
    memory.copy(destination, changetype<usize>(text), text.byteLength);
    return text.byteLength;
  }
  clock(): string {
    return "the clock says noon (a test)";
  }
}
