/**
 * The boot modules for TLS: additional trusted roots (ca.pem), and the certificates and keys of a
 * server (server.pem, server.key) and of a client (client.pem, client.key). Errors are logged.
 */
import { PEM_BYTES } from "../../core/limits";
import { log } from "../../core/log";
import { BootModule, bootModules } from "../../machine/boot";
import { Role, setIdentity } from "../../machine/certificates";
import { addRoots } from "../../machine/trust";

/** Loads the TLS files that are present. Called once, after TLS has started. */
export function loadTlsFiles(): void {
  const modules = bootModules();
  const roots = find(modules, "ca.pem");
  if (roots != null) loadRoots(roots);
  loadIdentity(modules, "client", Role.Client);
  loadIdentity(modules, "server", Role.Server);
}

function find(modules: Array<BootModule>, name: string): BootModule | null {
  for (let i = 0; i < modules.length; i++) if (modules[i].name == name) return modules[i];
  return null;
}

function loadRoots(module: BootModule): void {
  const roots = addRoots(module.read(PEM_BYTES));
  const known = roots.known > 0 ? `, ${roots.known} trusted already` : "";
  log(`ca.pem: ${roots.count} trusted ${roots.count == 1 ? "root" : "roots"} added${known}`);
  for (let i = 0; i < roots.faults.length; i++) log(`ca.pem: ${roots.faults[i]}`);
}

function loadIdentity(modules: Array<BootModule>, name: string, role: Role): void {
  const chain = find(modules, `${name}.pem`);
  const key = find(modules, `${name}.key`);
  if (chain == null && key == null) return;
  if (chain == null || key == null) {
    const missing = chain == null ? `${name}.pem` : `${name}.key`;
    log(`${name}.pem and ${name}.key belong together: ${missing} is missing`);
    return;
  }
  const bytes = chain.read(PEM_BYTES);
  if (bytes.length == 0) {
    log(`${name}.pem is empty`);
    return;
  }
  const error = setIdentity(role, bytes, key.read(PEM_BYTES));
  if (error == 0) log(`${name}.pem: certificate and key of the ${name} are set`);
  else log(`${name}.pem, ${name}.key: not a certificate with its key: ${hexadecimal(error)}`);
}

function hexadecimal(error: i32): string {
  return `error -0x${(-error).toString(16).padStart(4, "0")}`;
}
