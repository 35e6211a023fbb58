/** The client of an iperf3 test: opens the connections, moves data, and prints the report. */
import { Random } from "../../../core/random";
import { earlier, NEVER } from "../../../core/time";
import { Ipv4Address } from "../../wire/address";
import { ConnectionRace } from "../stream/connection-race";
import { Connector } from "../stream/connector";
import { PortOpener } from "../stream/opener";
import { Stream, StreamStatus } from "../stream/stream";
import { ControlChannel, NOTHING } from "./control";
import { DataStream } from "./data-stream";
import { TestParameters } from "./parameters";
import { Report } from "./report";
import { readResults, writeResults } from "./results";
import { CONTROL_PATIENCE, ControlState, IDLE_PATIENCE, newCookie } from "./states";
import { Transfer } from "./transfer";

/** iperf3's numbers of the errors that a server reports. */
const UNIMPLEMENTED: i32 = 13;
const NO_SCTP: i32 = 18;

const enum Phase {
  /** The control connection is being opened. */
  Connecting = 0,
  /** The server's next state is awaited. */
  Control,
  /** Data connections are being opened, one after the other. */
  Creating,
  Running,
  /** The server's results are awaited. */
  Results,
  /** The two codes of ServerError are awaited. */
  Error,
  Over,
}

/** Where the server is. */
export class ServerAddress {
  constructor(
    /** As the user gave it. */
    readonly host: string,
    /** At least one; the best is first. */
    readonly addresses: Array<Ipv4Address>,
    readonly port: u32,
  ) {}
}

export class Iperf3Client {
  /** Why the test failed, or "". */
  failure: string = "";
  private phase: Phase = Phase.Connecting;
  private readonly cookie: string;
  private readonly transfer: Transfer;
  /** Opens the control connection. */
  private readonly race: ConnectionRace;
  private control: ControlChannel | null = null;
  /** The data connection that is being opened. */
  private opening: Stream | null = null;
  /** When the current phase times out; unused while the test runs. */
  private deadline: i64 = NEVER;

  constructor(
    private readonly connector: Connector,
    random: Random,
    private readonly server: ServerAddress,
    private readonly parameters: TestParameters,
    /** Microseconds between reports; 0 for a single one at the end. */
    interval: i64,
    private readonly report: Report,
  ) {
    this.cookie = newCookie(random);
    const opener = new PortOpener(connector, server.port);
    this.race = new ConnectionRace(opener, server.addresses, NEVER);
    this.transfer = new Transfer(parameters, !parameters.reverse, interval, report);
  }

  /** Whether the test is over, or has failed. */
  get done(): bool {
    return this.phase == Phase.Over;
  }

  /** Proceeds without waiting. Returns true if it did anything. */
  poll(now: i64): bool {
    const control = this.control;
    if (control == null) return this.connect(now);
    let moved = false;
    while (this.phase != Phase.Over && this.hear(control, now)) moved = true;
    if (this.phase == Phase.Creating && this.create(now)) moved = true;
    if (this.phase == Phase.Running) {
      if (this.run(control, now)) moved = true;
    } else if (!this.transfer.running) this.transfer.drain();
    this.check(control, now);
    return moved;
  }

  /** Returns when to poll next if nothing arrives. */
  pollAt(now: i64): i64 {
    if (this.phase == Phase.Connecting) return this.race.pollAt();
    if (this.phase != Phase.Running) return this.deadline;
    return earlier(this.transfer.pollAt(now), this.transfer.endsAt());
  }

  /** Ends the test at once, tells the server, and prints what was counted. */
  cancel(now: i64): void {
    const control = this.control;
    if (this.transfer.running) {
      this.transfer.finish(now);
      this.report.summary(this.transfer);
    }
    if (control != null && this.phase != Phase.Connecting && this.phase != Phase.Over) {
      control.writeState(ControlState.ClientTerminate);
    }
    this.close();
  }

  private connect(now: i64): bool {
    const stream = this.race.poll(now);
    if (this.race.lost) this.fail(`unable to connect to server: ${this.race.reason}`);
    if (stream == null) return false;
    const control = new ControlChannel(stream);
    this.control = control;
    control.writeCookie(this.cookie);
    this.await(Phase.Control, now);
    return true;
  }

  /** Enters a phase, and sets its deadline. */
  private await(phase: Phase, now: i64): void {
    this.phase = phase;
    const started = this.transfer.startedAt > 0;
    this.deadline = now + (started ? IDLE_PATIENCE : CONTROL_PATIENCE);
  }

  /** Takes one state or message from the server. Returns false if none has arrived. */
  private hear(control: ControlChannel, now: i64): bool {
    if (this.phase == Phase.Results) return this.hearResults(control, now);
    if (this.phase == Phase.Error) return this.hearError(control);
    const state = control.readState();
    if (state == NOTHING) return false;
    switch (state) {
      case ControlState.AccessDenied:
        this.fail("the server is busy running a test. try again later");
        return true;
      case ControlState.ServerError:
        this.await(Phase.Error, now);
        return true;
      case ControlState.ServerTerminate:
        this.fail("the server has terminated");
        return true;
      default:
        if (!this.advance(control, state, now)) this.fail("received an unknown control message");
        return true;
    }
  }

  /** Enters the state that the server named. Returns false if it does not come next. */
  private advance(control: ControlChannel, state: i32, now: i64): bool {
    const transfer = this.transfer;
    const waiting = this.phase == Phase.Control;
    const ended = transfer.startedAt > 0 && !transfer.running;
    switch (state) {
      case ControlState.ParameterExchange:
        if (!waiting || transfer.streams.length > 0) return false;
        this.introduce();
        control.writeMessage(this.parameters.toJson());
        this.await(Phase.Control, now);
        return true;
      case ControlState.CreateStreams:
        if (!waiting || transfer.streams.length > 0) return false;
        this.await(Phase.Creating, now);
        return true;
      case ControlState.TestStart:
        return waiting && transfer.streams.length > 0 && !ended;
      case ControlState.TestRunning:
        if (!waiting || transfer.streams.length == 0 || ended) return false;
        transfer.start(now);
        this.phase = Phase.Running;
        return true;
      case ControlState.ExchangeResults:
        if (!waiting || !ended) return false;
        control.writeMessage(writeResults(transfer));
        this.await(Phase.Results, now);
        return true;
      case ControlState.DisplayResults:
        if (!waiting || !ended) return false;
        this.report.summary(transfer);
        control.writeState(ControlState.Done);
        this.close();
        return true;
      default:
        return false;
    }
  }

  private introduce(): void {
    const host = this.server.host;
    this.report.line(`Connecting to host ${host}, port ${this.server.port}`);
    if (this.parameters.reverse) this.report.line(`Reverse mode, remote host ${host} is sending`);
  }

  private hearResults(control: ControlChannel, now: i64): bool {
    const message = control.readMessage();
    if (message == null) return false;
    const fault = readResults(this.transfer, message);
    if (fault != "") this.fail(fault);
    else this.await(Phase.Control, now);
    return true;
  }

  private hearError(control: ControlChannel): bool {
    const code = control.readError();
    if (code == NOTHING) return false;
    const unable = code == UNIMPLEMENTED || code == NO_SCTP;
    const reason = unable ? "it cannot run this test" : `error ${code} of iperf3`;
    this.fail(`the server reports an error: ${reason}`);
    return true;
  }

  /** Opens the data connections, one after the other so that both ends number them alike. */
  private create(now: i64): bool {
    const stream = this.opening;
    if (stream == null) {
      const server = this.server;
      this.opening = this.connector.connect(this.race.address, server.port, now);
      if (this.opening == null) {
        this.fail(`unable to create a new stream: ${this.connector.refusal()}`);
      }
      return true;
    }
    const status = stream.status();
    if (status == StreamStatus.Connecting) return false;
    if (status == StreamStatus.Failed) {
      this.fail(`unable to create a new stream: ${stream.failure()}`);
      return true;
    }
    new ControlChannel(stream).writeCookie(this.cookie);
    const streams = this.transfer.streams;
    const data = new DataStream(stream, streams.length);
    data.configure(this.parameters);
    streams.push(data);
    this.opening = null;
    if ((streams.length as u32) < this.parameters.streams) return true;
    this.report.streams(this.transfer);
    this.await(Phase.Control, now);
    return true;
  }

  private run(control: ControlChannel, now: i64): bool {
    const transfer = this.transfer;
    if (transfer.isOver(now)) {
      transfer.finish(now);
      control.writeState(ControlState.TestEnd);
      this.await(Phase.Control, now);
      return true;
    }
    const moved = transfer.poll(now);
    const fault = transfer.failure(now);
    if (fault != "" && control.stream.readable() == 0) this.fail(fault);
    return moved;
  }

  /** Fails if the control connection has ended, or the server was silent for too long. */
  private check(control: ControlChannel, now: i64): void {
    if (this.phase == Phase.Over) return;
    if (control.stream.readable() == 0) control.checkOpen();
    if (control.failure != "") this.fail(control.failure);
    else if (this.phase != Phase.Running && now >= this.deadline) {
      this.fail("idle timeout for receiving data");
    }
  }

  private fail(reason: string): void {
    if (this.failure == "") this.failure = reason;
    this.close();
  }

  private close(): void {
    const control = this.control;
    const opening = this.opening;
    if (control != null && this.phase != Phase.Over) control.stream.release();
    if (opening != null) opening.release();
    this.race.cancel();
    this.opening = null;
    this.transfer.endStreams();
    this.phase = Phase.Over;
  }
}
