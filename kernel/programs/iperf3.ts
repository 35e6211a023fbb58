/** The iperf3 daemon: an iperf3 server in the background, whose report goes to the kernel's log. */
import { TCP_BACKLOG } from "../../core/limits";
import { log } from "../../core/log";
import { Pollable } from "../../core/pollable";
import { NEVER } from "../../core/time";
import { ReportSink } from "../../net/service/iperf3/report";
import { Iperf3Server } from "../../net/service/iperf3/server";
import { NetworkStack } from "../../net/service/stack";
import { TcpStreamListener } from "../../net/service/stream/tcp-stream";

/** How the daemon serves. */
export class Iperf3Service {
  /** Microseconds between reports; 0 for none before the summary. */
  interval: i64 = 0;
  /** Whether to stop after one test. */
  once: bool = false;
  /** Whether to log nothing. */
  quiet: bool = false;
}

export class Iperf3Daemon extends Pollable implements ReportSink {
  /** Null while the daemon is stopped. */
  private server: Iperf3Server | null = null;
  private service: Iperf3Service = new Iperf3Service();

  constructor(private readonly stack: NetworkStack) {
    super();
  }

  get running(): bool {
    return this.server != null;
  }

  /** Serves on `port`. Returns false if it cannot listen there. */
  start(port: u32, service: Iperf3Service): bool {
    const listener = this.stack.ip.tcp.listen(port, TCP_BACKLOG);
    if (listener == null) return false;
    this.service = service;
    this.server = new Iperf3Server(new TcpStreamListener(listener), service.interval, this);
    this.dormant = false;
    return true;
  }

  /** Ends the test and closes the port. Returns false if the daemon is not running. */
  stop(): bool {
    const server = this.server;
    if (server == null) return false;
    server.close();
    this.server = null;
    return true;
  }

  reportLine(line: string): void {
    if (!this.service.quiet) log(`iperf3: ${line}`);
  }

  poll(now: i64): bool {
    const server = this.server;
    this.dormant = server == null;
    if (server == null) return false;
    const moved = server.poll(now);
    if (this.service.once && server.tests > 0) this.stop();
    return moved;
  }

  pollAt(now: i64): i64 {
    const server = this.server;
    return server == null ? NEVER : server.pollAt(now);
  }
}
