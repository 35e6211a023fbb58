/** Clients that follow a script, served by the harness. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Certificate } from "../certificates.ts";
import { harnessServer, type Report } from "../harness.ts";
import { APPLICATION_DATA } from "./keys.ts";
import { ALERT, Ended, Wire } from "./wire.ts";

/** A connection as the client saw it, and the server's report. */
export interface Attended {
  wire: Wire;
  /** The alert with which the server ended the connection. */
  alert?: number;
  report: Report;
}

/** Expects an echo of "ping", and then closes the connection. */
export async function ping(wire: Wire): Promise<void> {
  await wire.send(APPLICATION_DATA, Buffer.from("ping"));
  let echoed = await wire.next();
  while (echoed.type !== APPLICATION_DATA) echoed = await wire.next(); // tickets
  assert.equal(String(echoed.bytes), "ping");
  await wire.send(ALERT, Buffer.of(1, 0));
  await wire.drain();
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
