/**
 * A libvirtd of its own: in a mount namespace where its folders are temporary ones, and in a
 * process namespace, so that it and its machines end together. It needs root.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child, run } from "./process.ts";

/** Folders of libvirt, and files that name its users, which Debian's libvirt may not have made. */
const FOLDERS = ["/etc/libvirt", "/run/libvirt", "/var/lib/libvirt"];
FOLDERS.push("/var/log/libvirt", "/var/cache/libvirt");
const USERS = ["/etc/passwd", "/etc/group"];

const CONFIGURATION = `
security_driver = "none"
user = "root"
group = "root"
cgroup_controllers = []
namespaces = []
remember_owner = 0
stdio_handler = "file"
`;

export class Libvirt {
  private constructor(
    private readonly folder: string,
    private readonly daemon: Child,
  ) {}

  static async start(): Promise<Libvirt> {
    const folder = mkdtempSync(join(tmpdir(), "anonymos-libvirt-"));
    const mounts: string[] = [];
    for (const path of FOLDERS) {
      mkdirSync(folder + path, { recursive: true });
      mounts.push(`mkdir -p ${path}`, `mount --bind ${folder}${path} ${path}`);
    }
    for (const path of USERS) {
      const line = path.endsWith("group")
        ? "libvirt-qemu:x:64055:\nkvm:x:64056:\nlibvirt:x:64057:\n"
        : "libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin\n";
      writeFileSync(folder + path, readFileSync(path, "utf8") + line);
      mounts.push(`mount --bind ${folder}${path} ${path}`);
    }
    writeFileSync(`${folder}/etc/libvirt/qemu.conf`, CONFIGURATION);
    copyFileSync("/etc/libvirt/libvirt.conf", `${folder}/etc/libvirt/libvirt.conf`);
    const script = `set -e; ${mounts.join("; ")}; libvirtd & wait`;
    const namespaces = ["unshare", "-m", "-p", "--fork", "--kill-child", "--mount-proc"];
    const daemon = new Child("libvirtd", [...namespaces, "sh", "-c", script]);
    const libvirt = new Libvirt(folder, daemon);
    try {
      await libvirt.ready();
    } catch (error) {
      await libvirt.stop();
      throw error;
    }
    return libvirt;
  }

  private async ready(): Promise<void> {
    for (let tries = 0; tries < 60; tries++) {
      const { code } = await this.command("version");
      if (code === 0) return;
      if (this.daemon.code !== undefined) break;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    throw new Error(`libvirtd does not answer\n${this.daemon.tail()}`);
  }

  private async command(...words: string[]) {
    // The socket is in a folder of this file system, too.
    const uri = `qemu+unix:///system?socket=${this.folder}/run/libvirt/libvirt-sock`;
    return await run(["virsh", "-q", "-c", uri, ...words], { milliseconds: 60_000 });
  }

  /** Runs virsh; returns its output, or throws if it fails. */
  async virsh(...words: string[]): Promise<string> {
    const { code, output } = await this.command(...words);
    if (code !== 0) throw new Error(`virsh ${words.join(" ")}: ${output}`);
    return output;
  }

  /** Defines and starts a machine from the text of a domain file. */
  async define(name: string, domain: string): Promise<void> {
    const path = `${this.folder}/${name}.xml`;
    writeFileSync(path, domain);
    await this.virsh("define", "--validate", path);
    await this.virsh("start", name);
  }

  /** The host port that is forwarded to a port of a machine with QEMU's user network. */
  async port(name: string, guest: number): Promise<number> {
    const table = await this.virsh("qemu-monitor-command", "--hmp", name, "info usernet");
    for (const line of table.split("\n")) {
      const fields = line.trim().split(/\s+/);
      if (fields[0] === "TCP[HOST_FORWARD]" && Number(fields[5]) === guest)
        return Number(fields[3]);
    }
    throw new Error(`${name}: no port ${guest}: ${table}`);
  }

  async stop(): Promise<void> {
    await this.daemon.stop("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
