/** A server that runs in the background until it is stopped. */
import { Pollable } from "../../core/pollable";
import { NEVER } from "../../core/time";
import { Server } from "../../net/service/server";

export abstract class Daemon extends Pollable {
  /** Null while the daemon is stopped. */
  private server: Server | null = null;

  get running(): bool {
    return this.server != null;
  }

  /** Closes the server. Returns false if the daemon is not running. */
  stop(): bool {
    const server = this.server;
    if (server == null) return false;
    server.close();
    this.server = null;
    return true;
  }

  poll(now: i64): bool {
    const server = this.server;
    this.dormant = server == null;
    return server != null && server.poll(now);
  }

  pollAt(now: i64): i64 {
    const server = this.server;
    return server == null ? NEVER : server.pollAt(now);
  }

  /** Runs a server until `stop`; the daemon must not be running. */
  protected run(server: Server): void {
    this.server = server;
    this.dormant = false;
  }
}
