/** The state that the exchanges of a client share, and the timestamps of each exchange. */
import { Connector } from "../../stream/connector";
import { ConnectionPool } from "./connection-pool";
import { NameLookup } from "./ports";

/** Timestamps of an exchange, in microseconds since boot; 0 until reached. */
export class HttpTimes {
  resolved: i64 = 0;
  connected: i64 = 0;
  /** The first byte of the last hop's response, interim responses included. */
  firstByte: i64 = 0;
  finished: i64 = 0;
  /** The last redirect. */
  hop: i64 = 0;

  constructor(readonly started: i64) {}
}

/** State shared by all exchanges of a client. */
export class HttpServices {
  readonly pool: ConnectionPool = new ConnectionPool();
  constructor(
    readonly lookup: NameLookup,
    readonly connector: Connector,
    readonly userAgent: string,
  ) {}
}
