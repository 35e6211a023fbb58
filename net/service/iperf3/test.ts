/** One test of an iperf3 server, from the client's cookie to its end. */
import { earlier, NEVER, SECOND } from "../../../core/time";
import { Stream } from "../stream/stream";
import { ControlChannel, NOTHING } from "./control";
import { DataStream } from "./data-stream";
import { TestParameters } from "./parameters";
import { Report } from "./report";
import { readResults, writeResults } from "./results";
import { CONTROL_PATIENCE, ControlState, IDLE_PATIENCE } from "./states";
import { Transfer } from "./transfer";

/** iperf3's number of the error "an option you are trying to set is not implemented yet". */
const UNIMPLEMENTED: u32 = 13;
/** How much longer than its parameters say a test may take, as in iperf3. */
const GRACE: i64 = 40 * SECOND;

const enum Phase {
  Cookie = 0,
  Parameters,
  /** The data connections are awaited. */
  Creating,
  Running,
  /** The client's results are awaited. */
  Results,
  /** The results were exchanged; the client's last word is awaited. */
  Finishing,
  Over,
}

export class ServerTest {
  /** Why the test failed, or "". */
  failure: string = "";
  /** The client's cookie; "" if it has not arrived. */
  cookie: string = "";
  private phase: Phase = Phase.Cookie;
  private readonly control: ControlChannel;
  private readonly parameters: TestParameters = new TestParameters();
  /** Null until the client's parameters are known. */
  private transfer: Transfer | null = null;
  /** When the current phase times out. */
  private deadline: i64;

  constructor(
    stream: Stream,
    /** The client, as the report names it: "10.0.2.2, port 41814". */
    private readonly peer: string,
    /** Microseconds between reports; 0 for none before the summary. */
    private readonly interval: i64,
    private readonly report: Report,
    now: i64,
  ) {
    this.control = new ControlChannel(stream);
    this.deadline = now + CONTROL_PATIENCE;
  }

  get done(): bool {
    return this.phase == Phase.Over;
  }

  /** Whether the test still needs data connections. */
  get wantsStreams(): bool {
    return this.phase == Phase.Creating;
  }

  /** Proceeds without waiting. Returns true if it did anything. */
  poll(now: i64): bool {
    const control = this.control;
    let moved = false;
    while (this.phase != Phase.Over && this.hear(now)) moved = true;
    if (this.phase == Phase.Running && this.run(now)) moved = true;
    if (this.phase == Phase.Over) return moved;
    if (control.stream.readable() == 0) control.checkOpen();
    if (control.failure != "") this.fail(control.failure);
    else if (now >= this.deadline) this.fail("idle timeout for receiving data");
    return moved;
  }

  /** Returns when to poll next if nothing arrives. */
  pollAt(now: i64): i64 {
    const transfer = this.transfer;
    return earlier(this.deadline, transfer == null ? NEVER : transfer.pollAt(now));
  }

  /** Adds a data connection that has shown the cookie; starts the test with the last one. */
  join(stream: Stream, now: i64): void {
    const transfer = this.transfer!;
    const streams = transfer.streams;
    const data = new DataStream(stream, streams.length);
    data.configure(this.parameters);
    streams.push(data);
    if ((streams.length as u32) < this.parameters.streams) return;
    this.report.streams(transfer);
    this.control.writeState(ControlState.TestStart);
    this.control.writeState(ControlState.TestRunning);
    this.phase = Phase.Running;
    transfer.start(now);
    const seconds = this.parameters.seconds;
    const time = (seconds + this.parameters.omitSeconds) * SECOND + GRACE;
    this.deadline = seconds == 0 ? NEVER : now + time;
  }

  /** Ends the test because the server is stopped. */
  terminate(): void {
    if (this.phase != Phase.Over) this.control.writeState(ControlState.ServerTerminate);
    this.close();
  }

  /** Takes one state or message from the client. Returns false if none has arrived. */
  private hear(now: i64): bool {
    const control = this.control;
    if (this.phase == Phase.Cookie) {
      this.cookie = control.readCookie();
      if (this.cookie == "") return false;
      control.writeState(ControlState.ParameterExchange);
      this.await(Phase.Parameters, CONTROL_PATIENCE, now);
      return true;
    }
    if (this.phase == Phase.Parameters) return this.hearParameters(now);
    if (this.phase == Phase.Results) return this.hearResults(now);
    const state = control.readState();
    if (state == NOTHING) return false;
    if (state == ControlState.ClientTerminate) this.fail("the client has terminated");
    else if (state == ControlState.TestEnd && this.phase == Phase.Running) this.finish(now);
    else if (state == ControlState.Done && this.phase == Phase.Finishing) this.close();
    else this.fail("received an unknown control message");
    return true;
  }

  private hearParameters(now: i64): bool {
    const control = this.control;
    const parameters = this.parameters;
    const message = control.readMessage();
    if (message == null) return false;
    if (!parameters.read(message)) {
      control.writeState(ControlState.ServerError);
      control.writeNumber(UNIMPLEMENTED);
      control.writeNumber(0);
      this.fail("the client asks for a test that is not implemented");
      return true;
    }
    const interval = this.interval;
    const printer = interval > 0 ? this.report : null;
    this.transfer = new Transfer(parameters, parameters.reverse, interval, printer);
    this.report.line(`Accepted connection from ${this.peer}`);
    control.writeState(ControlState.CreateStreams);
    this.await(Phase.Creating, CONTROL_PATIENCE, now);
    return true;
  }

  private run(now: i64): bool {
    const transfer = this.transfer!;
    const moved = transfer.poll(now);
    const fault = transfer.failure(now);
    if (fault != "" && this.control.stream.readable() == 0) this.fail(fault);
    return moved;
  }

  private finish(now: i64): void {
    const transfer = this.transfer!;
    if (!transfer.sends) transfer.poll(now);
    transfer.finish(now);
    this.report.ownSummary(transfer);
    transfer.endStreams();
    this.control.writeState(ControlState.ExchangeResults);
    this.await(Phase.Results, IDLE_PATIENCE, now);
  }

  private hearResults(now: i64): bool {
    const transfer = this.transfer!;
    const message = this.control.readMessage();
    if (message == null) return false;
    const fault = readResults(transfer, message);
    if (fault != "") {
      this.fail(fault);
      return true;
    }
    this.control.writeMessage(writeResults(transfer));
    this.control.writeState(ControlState.DisplayResults);
    this.await(Phase.Finishing, CONTROL_PATIENCE, now);
    return true;
  }

  private await(phase: Phase, patience: i64, now: i64): void {
    this.phase = phase;
    this.deadline = now + patience;
  }

  private fail(reason: string): void {
    if (this.failure == "") this.failure = reason;
    this.close();
  }

  private close(): void {
    if (this.phase == Phase.Over) return;
    this.phase = Phase.Over;
    this.control.stream.release();
    const transfer = this.transfer;
    if (transfer != null) transfer.endStreams();
  }
}
