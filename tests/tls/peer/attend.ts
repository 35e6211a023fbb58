/** Clients that follow a script, served by the harness. */
import { connect } from "node:net";
import type { Certificate } from "../certificates.ts";
import { harnessServer, type Report } from "../harness.ts";
import { Ended, Wire } from "./wire.ts";

/** A connection as the client saw it, and the server's report. */
export interface Attended {
  wire: Wire;
  /** The alert with which the server ended the connection. */
  alert?: number;
  report: Report;
}

/** Calls each of `acts` with a connection to the harness. Returns the last of them. */
export async function attend(
  identity: Certificate,
  acts: ((wire: Wire) => Promise<void>)[],
  ...words: string[]
): Promise<Attended> {
  const server = await harnessServer(identity, `times=${acts.length}`, ...words);
  let wire: Wire | undefined;
  let alert: number | undefined;
  try {
    for (const act of acts) {
      wire = new Wire(connect(server.port, "127.0.0.1"));
      try {
        await act(wire);
      } catch (fault) {
        if (!(fault instanceof Ended)) throw fault;
        alert = fault.alert;
      } finally {
        wire.socket.end();
      }
    }
  } catch (fault) {
    server.kill();
    throw fault;
  }
  return { wire: wire as Wire, alert, report: await server.report() };
}
