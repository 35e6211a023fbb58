/** The TLS engine: mbedTLS behind machine/host.ts, supplied with entropy and time. */
import { CalendarTime } from "../../core/calendar";
import { Generator } from "../../core/generator";
import { MILLISECOND, SECOND } from "../../core/time";
import { TimeOfDay } from "../../core/time-of-day";
import { TlsBytesField, TlsNumberField } from "../../core/tls-codes";
import { now } from "../../machine/clock";
import { EntropyReport } from "../../machine/entropy";
import {
  timestamp,
  tlsAddEntropy,
  tlsBytes,
  tlsClose,
  tlsFree,
  tlsNumber,
  tlsOpenClient,
  tlsOpenServer,
  tlsRead,
  tlsResume,
  tlsSession,
  tlsSetTime,
  tlsStart,
  tlsState,
  tlsStep,
  tlsTransmit,
  tlsWrite,
} from "../../machine/host";
import { TlsEngine } from "../../net/service/tls/engine";

/** Bytes added at the start and for each connection, and the bits of entropy that they count as. */
const SEED_BYTES: u32 = 64;
const SEED_BITS: u32 = 256;

export class NativeTls implements TlsEngine {
  private readonly seed: StaticArray<u8> = new StaticArray<u8>(SEED_BYTES as i32);
  private trouble: string = "";

  constructor(
    private readonly generator: Generator,
    report: EntropyReport,
    private readonly time: TimeOfDay,
  ) {
    if (!report.sufficient()) {
      this.trouble = `TLS is not available: not enough entropy (${report})`;
    } else {
      this.addEntropy();
      this.tick();
      const error = tlsStart();
      if (error != 0) this.trouble = `TLS is not available: error -0x${(-error).toString(16)}`;
    }
  }

  obstacle(): string {
    return this.trouble;
  }

  tick(): void {
    tlsSetTime(max<i64>(this.time.wallClock(), 0) / SECOND, now() / MILLISECOND);
  }

  openClient(host: string, options: u32): u32 {
    this.addEntropy();
    this.tick();
    const name = String.UTF8.encode(host);
    return tlsOpenClient(changetype<usize>(name), name.byteLength, options);
  }
  openServer(options: u32): u32 {
    this.addEntropy();
    this.tick();
    return tlsOpenServer(options);
  }
  resume(handle: u32, session: usize, length: u32): bool {
    return tlsResume(handle, session, length) == 0;
  }
  step(handle: u32, input: usize, length: u32): u32 {
    return tlsStep(handle, input, length);
  }
  state(handle: u32): u32 {
    return tlsState(handle);
  }
  transmit(handle: u32, destination: usize, capacity: u32): u32 {
    return tlsTransmit(handle, destination, capacity);
  }
  read(handle: u32, destination: usize, capacity: u32): u32 {
    return tlsRead(handle, destination, capacity);
  }
  write(handle: u32, source: usize, length: u32): u32 {
    return tlsWrite(handle, source, length);
  }
  close(handle: u32): void {
    tlsClose(handle);
  }
  free(handle: u32): void {
    tlsFree(handle);
  }
  number(handle: u32, what: TlsNumberField): i32 {
    return tlsNumber(handle, what);
  }
  bytes(handle: u32, what: TlsBytesField, index: u32, destination: usize, capacity: u32): u32 {
    return tlsBytes(handle, what, index, destination, capacity);
  }
  session(handle: u32, destination: usize, capacity: u32): u32 {
    return tlsSession(handle, destination, capacity);
  }

  clock(): string {
    const micros = this.time.wallClock();
    if (micros < 0) return "the time of day is unknown";
    const time = new CalendarTime(micros / SECOND).toString();
    return `the clock says ${time} (${this.time.wallClockSource()})`;
  }

  private addEntropy(): void {
    const pointer = changetype<usize>(this.seed);
    this.generator.add(timestamp());
    this.generator.fill(pointer, SEED_BYTES);
    tlsAddEntropy(pointer, SEED_BYTES, SEED_BITS);
    memory.fill(pointer, 0, SEED_BYTES);
  }
}
