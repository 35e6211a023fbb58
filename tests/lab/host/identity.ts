/**
 * The fixed identity with which twins serve HTTPS if runs must repeat exactly (identity/, made by
 * certificates.ts, valid from 2020 to 2049). It is for a.test, b.test, c.test and 10.0.2.15 to 17;
 * its key is no secret.
 */
import { readFileSync } from "node:fs";
import type { Certificate } from "./certificates.ts";

export interface BootFile {
  name: string;
  bytes: Uint8Array;
}

const read = (name: string): BootFile => ({
  name,
  bytes: readFileSync(new URL(`./identity/${name}`, import.meta.url)),
});

/** The root that a client must trust. */
export const trust = [read("ca.pem")];
/** A server's certificate with the authority above it, and its key. */
export const identity = [read("server.pem"), read("server.key")];

/** Returns the boot file that makes a client trust these roots. */
export function trusting(...roots: Certificate[]): BootFile[] {
  return [{ name: "ca.pem", bytes: Buffer.from(roots.map(({ pem }) => pem).join("")) }];
}
/** Returns the boot files of a server with this certificate. */
export function identityOf(server: Certificate): BootFile[] {
  const file = (name: string, text: string) => ({ name, bytes: Buffer.from(text) });
  return [file("server.pem", server.chain), file("server.key", server.key)];
}
