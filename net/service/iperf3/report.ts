/** The report of a test, in the lines of iperf3 3.12. */
import { IntervalPrinter, Transfer } from "./transfer";
import { formatBytes, formatInterval, formatRate } from "./units";

/** Receives the lines of a report. */
export interface ReportSink {
  reportLine(line: string): void;
}

const RULE: string = "- - - - - - - - - - - - - - - - - - - - - - - - -";
const HEADER: string = "[ ID] Interval           Transfer     Bitrate";
const RETRANSMITS: string = "         Retr";
const WINDOW: string = "  Cwnd";
/** Fills the column of retransmissions if they are unknown. */
const NO_RETRANSMITS: string = "                  ";

export class Report implements IntervalPrinter {
  private begun: bool = false;

  constructor(private readonly sink: ReportSink) {}

  line(text: string): void {
    this.sink.reportLine(text);
  }

  /** Prints the ends of each stream. */
  streams(transfer: Transfer): void {
    const streams = transfer.streams;
    for (let i = 0; i < streams.length; i++) {
      this.line(`[${labelOf(streams[i].label)}] ${streams[i].ends()}`);
    }
  }

  /** Prints what was transferred in an interval, for each stream and in total. */
  interval(transfer: Transfer, from: i64, to: i64): void {
    const streams = transfer.streams;
    if (!this.begun) this.line(HEADER + (transfer.sends ? RETRANSMITS + WINDOW : ""));
    else if (streams.length > 1) this.line(RULE);
    this.begun = true;
    let bytes: u64 = 0;
    let again: u32 = 0;
    for (let i = 0; i < streams.length; i++) {
      const stream = streams[i];
      const row = rowOf(labelOf(stream.label), from, to, stream.intervalBytes);
      const count = stream.intervalRetransmits();
      bytes += stream.intervalBytes;
      again += count;
      if (!transfer.sends) this.line(row + NO_RETRANSMITS);
      else this.line(`${row}  ${number(count)}   ${formatBytes(stream.congestionWindow())}       `);
    }
    if (streams.length < 2) return;
    const row = rowOf("SUM", from, to, bytes);
    this.line(row + (transfer.sends ? `  ${number(again)}             ` : NO_RETRANSMITS));
  }

  /** Prints the summary of a client, which knows the results of both ends. */
  summary(transfer: Transfer): void {
    const streams = transfer.streams;
    if (streams.length == 0) return;
    const own = transfer.duration;
    const other = streams[0].peerTime > 0 ? streams[0].peerTime : own;
    const sentIn = transfer.sends ? own : other;
    const receivedIn = transfer.sends ? other : own;
    let counted = true;
    for (let i = 0; i < streams.length; i++) {
      if (!transfer.sends && streams[i].peerRetransmits < 0) counted = false;
    }
    this.line(RULE);
    this.line(HEADER + (counted ? RETRANSMITS : ""));
    let sent: u64 = 0;
    let received: u64 = 0;
    let again: i64 = 0;
    for (let i = 0; i < streams.length; i++) {
      const stream = streams[i];
      const label = labelOf(stream.label);
      const count = transfer.sends ? (stream.retransmits() as i64) : stream.peerRetransmits;
      const sentBytes = transfer.sends ? stream.bytes : stream.peerBytes;
      const receivedBytes = transfer.sends ? stream.peerBytes : stream.bytes;
      this.sender(label, sentIn, sentBytes, counted ? count : -1);
      this.receiver(label, receivedIn, receivedBytes);
      sent += sentBytes;
      received += receivedBytes;
      again += count;
    }
    if (streams.length < 2) return;
    this.sender("SUM", sentIn, sent, counted ? again : -1);
    this.receiver("SUM", receivedIn, received);
  }

  /** Prints the summary of a server, which knows only its own results. */
  ownSummary(transfer: Transfer): void {
    const streams = transfer.streams;
    if (streams.length == 0) return;
    this.line(RULE);
    this.line(HEADER + (transfer.sends ? RETRANSMITS : ""));
    let bytes: u64 = 0;
    let again: i64 = 0;
    for (let i = 0; i < streams.length; i++) {
      const stream = streams[i];
      const count = stream.retransmits();
      this.own(transfer, labelOf(stream.label), stream.bytes, count);
      bytes += stream.bytes;
      again += count;
    }
    if (streams.length > 1) this.own(transfer, "SUM", bytes, again);
  }

  private own(transfer: Transfer, label: string, bytes: u64, count: i64): void {
    if (transfer.sends) this.sender(label, transfer.duration, bytes, count);
    else this.receiver(label, transfer.duration, bytes);
  }

  private sender(label: string, time: i64, bytes: u64, count: i64): void {
    const column = count < 0 ? NO_RETRANSMITS : `  ${number(count)}             `;
    this.line(`${rowOf(label, 0, time, bytes)}${column}sender`);
  }

  private receiver(label: string, time: i64, bytes: u64): void {
    this.line(`${rowOf(label, 0, time, bytes)}${NO_RETRANSMITS}receiver`);
  }
}

function labelOf(label: u32): string {
  return label.toString().padStart(3);
}

function number(count: i64): string {
  return count.toString().padStart(3);
}

function rowOf(label: string, from: i64, to: i64, bytes: u64): string {
  const start = `[${label}] ${formatInterval(from, to)}`;
  return `${start}  ${formatBytes(bytes)}  ${formatRate(bytes, to - from)}`;
}
