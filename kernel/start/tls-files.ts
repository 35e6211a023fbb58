/**
 * The boot files for TLS: additional trusted roots (ca.pem), revocation lists (crl.pem), and the
 * certificates and keys of a server (server.pem, server.key) and of a client (client.pem,
 * client.key). Errors are logged.
 */
import { PEM_BYTES } from "../../core/limits";
import { log } from "../../core/log";
import { Role, setIdentity } from "../../machine/certificates";
import { addLists, addRoots } from "../../machine/trust";
import { BootFile } from "../config/boot-file";
import { BootFiles } from "../config/boot-files";

/** Loads the TLS files that are present. Called once, after TLS has started. */
export function loadTlsFiles(files: BootFiles): void {
  const roots = files.find("ca.pem", PEM_BYTES);
  if (roots != null) loadRoots(roots);
  const lists = files.find("crl.pem", PEM_BYTES);
  if (lists != null) loadLists(lists);
  loadIdentity(files, "client", Role.Client);
  loadIdentity(files, "server", Role.Server);
}

function loadRoots(file: BootFile): void {
  const roots = addRoots(file.bytes);
  const known = roots.known > 0 ? `, ${roots.known} trusted already` : "";
  log(`ca.pem: ${roots.count} trusted ${roots.count == 1 ? "root" : "roots"} added${known}`);
  for (let i = 0; i < roots.faults.length; i++) log(`ca.pem: ${roots.faults[i]}`);
}

function loadLists(file: BootFile): void {
  const lists = addLists(file.bytes);
  const known = lists.known > 0 ? `, ${lists.known} known already or older` : "";
  log(`crl.pem: ${lists.count} revocation ${lists.count == 1 ? "list" : "lists"} added${known}`);
  for (let i = 0; i < lists.faults.length; i++) log(`crl.pem: ${lists.faults[i]}`);
}

function loadIdentity(files: BootFiles, name: string, role: Role): void {
  const chain = files.find(`${name}.pem`, PEM_BYTES);
  const key = files.find(`${name}.key`, PEM_BYTES);
  if (chain == null && key == null) return;
  if (chain == null || key == null) {
    const missing = chain == null ? `${name}.pem` : `${name}.key`;
    log(`${name}.pem and ${name}.key belong together: ${missing} is missing`);
    return;
  }
  if (chain.bytes.length == 0) {
    log(`${name}.pem is empty`);
    return;
  }
  const error = setIdentity(role, chain.bytes, key.bytes);
  if (error == 0) log(`${name}.pem: certificate and key of the ${name} are set`);
  else log(`${name}.pem, ${name}.key: not a certificate with its key: ${hexadecimal(error)}`);
}

function hexadecimal(error: i32): string {
  return `error -0x${(-error).toString(16).padStart(4, "0")}`;
}
