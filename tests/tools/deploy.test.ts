/**
 * Checks the files in deploy/ as far as possible without their engines: with tools that Debian has,
 * and against parts of published APIs.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { root } from "../lab/host/process.ts";

const read = (name: string) => readFileSync(`${root}deploy/${name}`, "utf8");

function run(...[program, ...words]: string[]): void {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: root, encoding: "utf8" });
  assert.equal(status, 0, `${program} ${words.join(" ")}: ${stdout}${stderr}`);
}

/** What a JSON document may contain: a type's name, a list of one kind, or members. */
type Schema = string | [Schema] | { [member: string]: Schema };

/**
 * Checks a document. Every listed member must be present, unless its name ends in `?`; no
 * unlisted member may be.
 */
function check(value: unknown, schema: Schema, at: string): void {
  if (typeof schema === "string") {
    assert.equal(typeof value, schema, at);
    return;
  }
  if (Array.isArray(schema)) {
    assert.ok(Array.isArray(value), at);
    for (const item of value) check(item, schema[0], `${at}[]`);
    return;
  }
  assert.ok(typeof value === "object" && value !== null, at);
  const members = value as Record<string, unknown>;
  for (const [name, part] of Object.entries(schema)) {
    const member = name.replace("?", "");
    if (member in members) check(members[member], part, `${at}.${member}`);
    else assert.ok(name.endsWith("?"), `${at}.${member} is missing`);
  }
  const known = Object.keys(schema).map((name) => name.replace("?", ""));
  for (const name of Object.keys(members)) assert.ok(known.includes(name), `${at}.${name}`);
}

/** From the published OpenAPI document of Firecracker 1.x (firecracker.yaml): what is used here. */
const FIRECRACKER: Schema = {
  "boot-source": { kernel_image_path: "string", "boot_args?": "string", "initrd_path?": "string" },
  "drives?": [{ drive_id: "string", is_root_device: "boolean", "path_on_host?": "string" }],
  "machine-config?": { vcpu_count: "number", mem_size_mib: "number", "smt?": "boolean" },
  "network-interfaces?": [{ iface_id: "string", host_dev_name: "string", "guest_mac?": "string" }],
};

/** From that of Cloud Hypervisor (cloud-hypervisor.yaml, VmConfig). */
const CLOUD_HYPERVISOR: Schema = {
  "cpus?": { boot_vcpus: "number", max_vcpus: "number" },
  "memory?": { size: "number", "shared?": "boolean" },
  payload: { "kernel?": "string", "cmdline?": "string", "firmware?": "string" },
  "net?": [{ "tap?": "string", "mac?": "string", "ip?": "string", "mask?": "string" }],
  "rng?": { src: "string" },
  "platform?": { "oem_strings?": ["string"] },
  "serial?": { mode: "string", "file?": "string" },
  "console?": { mode: "string", "file?": "string" },
};

test("libvirt's schema accepts the domain file", () => {
  run("virt-xml-validate", "deploy/libvirt.xml", "domain");
});

test("the files for Firecracker and Cloud Hypervisor have the members of their APIs", () => {
  check(JSON.parse(read("firecracker.json")), FIRECRACKER, "firecracker");
  const cloud = JSON.parse(read("cloud-hypervisor.json"));
  check(cloud, CLOUD_HYPERVISOR, "cloud-hypervisor");
  assert.ok(["Off", "Pty", "Tty", "File", "Socket", "Null"].includes(cloud.serial.mode));
});

test("sh accepts the scripts", () => {
  run("sh", "-n", "deploy/proxmox.sh");
  run("sh", "-n", "deploy/cidata.sh");
});

test("the unit of systemd has known sections, and QEMU is passed each of its credentials", () => {
  const text = read("anonymos@.service");
  const sections = text.match(/^\[\w+\]$/gm);
  assert.deepEqual(sections, ["[Unit]", "[Service]", "[Install]"]);
  for (const [, name] of text.matchAll(/^LoadCredential=([^:]+):/gm)) {
    assert.ok(text.includes(`opt/anonymos/${name},file=%d/${name}`), name);
  }
});

test("docs/fleet.md links to every file", () => {
  const document = readFileSync(`${root}docs/fleet.md`, "utf8");
  for (const name of readdirSync(`${root}deploy`)) {
    assert.ok(document.includes(`(../deploy/${name})`), name);
  }
});
