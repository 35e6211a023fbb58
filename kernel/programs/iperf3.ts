/** The iperf3 daemon: an iperf3 server in the background, whose report goes to the kernel's log. */
import { TCP_BACKLOG } from "../../core/limits";
import { log } from "../../core/log";
import { ReportSink } from "../../net/service/iperf3/report";
import { Iperf3Server } from "../../net/service/iperf3/server";
import { NetworkStack } from "../../net/service/stack";
import { TcpStreamListener } from "../../net/service/stream/tcp-stream";
import { Daemon } from "./daemon";

/** How the daemon serves. */
export class Iperf3Service {
  /** Microseconds between reports; 0 for none before the summary. */
  interval: i64 = 0;
  /** Whether to stop after one test. */
  once: bool = false;
  /** Whether to log nothing. */
  quiet: bool = false;
}

export class Iperf3Daemon extends Daemon implements ReportSink {
  private service: Iperf3Service = new Iperf3Service();
  /** The server that was started last. */
  private latest: Iperf3Server | null = null;

  constructor(private readonly stack: NetworkStack) {
    super();
  }

  /** Serves on `port`. Returns false if it cannot listen there. */
  start(port: u32, service: Iperf3Service): bool {
    const listener = this.stack.ip.tcp.listen(port, TCP_BACKLOG);
    if (listener == null) return false;
    this.service = service;
    const server = new Iperf3Server(new TcpStreamListener(listener), service.interval, this);
    this.latest = server;
    this.run(server);
    return true;
  }

  reportLine(line: string): void {
    if (!this.service.quiet) log(`iperf3: ${line}`);
  }

  poll(now: i64): bool {
    const moved = super.poll(now);
    const server = this.latest;
    if (this.service.once && server != null && server.tests > 0) this.stop();
    return moved;
  }
}
