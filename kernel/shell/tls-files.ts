/**
 * What the boot loader brought for TLS: more trusted roots (ca.pem), a server's certificate and
 * key (server.pem, server.key) and a client's (client.pem, client.key). What is wrong is logged.
 */
import { PEM_BYTES } from "../../core/limits";
import { log } from "../../core/log";
import { BootModule, bootModules } from "../../machine/boot";
import { tlsAddRoots, tlsSetIdentity } from "../../machine/host";

const CLIENT: u32 = 0;
const SERVER: u32 = 1;

/** A server's certificate and key are set. */
let serverIdentity: bool = false;

export function hasServerIdentity(): bool {
  return serverIdentity;
}

export function loadTlsFiles(): void {
  const modules = bootModules();
  const roots = find(modules, "ca.pem");
  if (roots != null) addRoots(roots);
  setIdentity(modules, "client", CLIENT);
  setIdentity(modules, "server", SERVER);
}

function find(modules: Array<BootModule>, name: string): BootModule | null {
  for (let i = 0; i < modules.length; i++) if (modules[i].name == name) return modules[i];
  return null;
}

function addRoots(module: BootModule): void {
  const bytes = module.read(PEM_BYTES);
  const added = tlsAddRoots(changetype<usize>(bytes), bytes.length);
  if (added < 0) log(`ca.pem: ${hexadecimal(added)}, expected certificates in PEM`);
  else log(`ca.pem: ${added} trusted ${added == 1 ? "root" : "roots"} added`);
}

function setIdentity(modules: Array<BootModule>, name: string, role: u32): void {
  const chain = find(modules, `${name}.pem`);
  const key = find(modules, `${name}.key`);
  if (chain == null && key == null) return;
  if (chain == null || key == null) {
    const missing = chain == null ? `${name}.pem` : `${name}.key`;
    log(`${name}.pem and ${name}.key belong together: ${missing} is missing`);
    return;
  }
  const certificates = chain.read(PEM_BYTES);
  const secret = key.read(PEM_BYTES);
  const pointer = changetype<usize>(secret);
  const error = tlsSetIdentity(
    role,
    changetype<usize>(certificates),
    certificates.length,
    pointer,
    secret.length,
  );
  memory.fill(pointer, 0, secret.length);
  if (error == 0 && role == SERVER) serverIdentity = true;
  if (error == 0) log(`${name}.pem: certificate and key of the ${name} are set`);
  else log(`${name}.pem, ${name}.key: not a certificate with its key: ${hexadecimal(error)}`);
}

function hexadecimal(error: i32): string {
  return `error -0x${(-error).toString(16).padStart(4, "0")}`;
}
