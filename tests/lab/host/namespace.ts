/**
 * A private network: a namespace with a bridge, taps for virtual machines, and dnsmasq as DHCP and
 * name server. Needs root (that of a user namespace suffices) and /dev/net/tun.
 */
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { Child, has, run } from "./process.ts";
import type { Nic } from "./qemu.ts";

/** The host is .1; leases are .50 to .99. */
export const NETWORK = "10.77.0";
export const GATEWAY = `${NETWORK}.1`;
/** The ends of the cable to another namespace. */
export const NEAR = "10.78.0.1";
export const FAR = "10.78.0.2";

/** Why this host cannot create such a network, or ""; for `skip`. */
export function obstacle(): string {
  for (const program of ["unshare", "nsenter", "ip", "dnsmasq"]) {
    if (!has(program)) return `${program} is not installed`;
  }
  if (process.getuid?.() !== 0) return "a tap needs root";
  try {
    closeSync(openSync("/dev/net/tun", "r+"));
  } catch {
    return "/dev/net/tun cannot be opened";
  }
  return "";
}

export class Namespace {
  private readonly servers: Child[] = [];
  /** A folder for its servers' files, which is removed with it. */
  readonly folder = mkdtempSync(`${tmpdir()}/anonymos-net-`);
  private taps = 0;
  private ports = 0;
  private dnsmasq: Child | undefined;

  private constructor(private readonly holder: Child) {}

  /**
   * Creates the namespace, with a tap for each machine on a bridge that is up at GATEWAY/24; there
   * is no bridge without taps.
   */
  static async make(taps = 1): Promise<Namespace> {
    const shell = "echo ready; exec cat";
    const holder = new Child("namespace", ["unshare", "--net", "sh", "-c", shell], { input: true });
    await holder.until(
      "its start",
      () => (holder.output.includes("ready") ? true : undefined),
      10_000,
    );
    const made = new Namespace(holder);
    try {
      await made.run(["ip", "link", "set", "lo", "up"]);
      if (taps > 0) await made.addBridge();
      for (let i = 0; i < taps; i++) await made.addTap();
    } catch (error) {
      await made.stop();
      throw error;
    }
    return made;
  }

  /** Connects this network to `other` by a cable with the addresses NEAR, here, and FAR. */
  async connect(other: Namespace): Promise<void> {
    const there = `${other.holder.pid}`;
    const cable = ["ip", "link", "add", "cable0", "type", "veth", "peer", "name", "cable1"];
    await this.run([...cable, "netns", there]);
    await this.run(["ip", "address", "add", `${NEAR}/24`, "dev", "cable0"]);
    await this.run(["ip", "link", "set", "cable0", "up"]);
    await this.run(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
    await other.run(["ip", "address", "add", `${FAR}/24`, "dev", "cable1"]);
    await other.run(["ip", "link", "set", "cable1", "up"]);
    await other.run(["ip", "route", "replace", `${NETWORK}.0/24`, "via", NEAR]);
  }

  /** Connects `other` to this network's bridge, as a station with that address on its eth0. */
  async join(other: Namespace, address: string): Promise<void> {
    const port = `port${this.ports++}`;
    const cable = ["ip", "link", "add", port, "type", "veth", "peer", "name", "eth0"];
    await this.run([...cable, "netns", `${other.holder.pid}`]);
    await this.run(["ip", "link", "set", port, "master", "bridge0", "up"]);
    await other.run(["ip", "address", "add", `${address}/24`, "dev", "eth0"]);
    await other.run(["ip", "link", "set", "eth0", "up"]);
  }

  /** The words to put before a command, to run it inside the namespace. */
  get prefix(): string[] {
    return ["nsenter", "--target", `${this.holder.pid}`, "--net", "--"];
  }

  /** Runs a command inside to its end; throws if it fails. */
  async run(words: string[], milliseconds = 60_000): Promise<string> {
    const { code, output } = await run(words, { prefix: this.prefix, milliseconds });
    if (code !== 0) throw new Error(`${words.join(" ")}: exit code ${code}: ${output}`);
    return output;
  }

  /** Starts a server inside, which ends with the namespace. */
  start(name: string, words: string[]): Child {
    const child = new Child(name, words, { prefix: this.prefix });
    this.servers.push(child);
    return child;
  }

  private async addBridge(): Promise<void> {
    await this.run(["ip", "link", "add", "bridge0", "type", "bridge"]);
    await this.run(["ip", "address", "add", `${GATEWAY}/24`, "dev", "bridge0"]);
    await this.run(["ip", "link", "set", "bridge0", "up"]);
  }

  private async addTap(): Promise<void> {
    const name = `tap${this.taps++}`;
    await this.run(["ip", "tuntap", "add", name, "mode", "tap"]);
    await this.run(["ip", "link", "set", name, "master", "bridge0", "up"]);
  }

  /** Returns a network card on tap `index`. */
  nic(index = 0): Nic {
    return {
      backend: `tap,ifname=tap${index},script=no,downscript=no`,
      properties: `mac=52:54:00:77:00:0${index + 1}`,
    };
  }

  /** Starts dnsmasq as this network's DHCP and name server. */
  async serve(more: string[] = []): Promise<Child> {
    const words = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts"];
    words.push("--no-resolv", "--no-poll", "--pid-file", "--user=", "--group=", "--log-dhcp");
    words.push("--log-facility=-", "--log-queries", "--interface=bridge0", "--bind-interfaces");
    words.push(`--dhcp-leasefile=${this.folder}/leases`, "--dhcp-authoritative");
    words.push(`--dhcp-range=${NETWORK}.50,${NETWORK}.99,255.255.255.0,1h`, "--no-ping");
    words.push("--domain=test.example", ...more);
    const server = this.start("dnsmasq", words);
    const ready = () => (/started, version/.test(server.output) ? true : undefined);
    await server.until("its start", ready, 10_000);
    this.dnsmasq = server;
    return server;
  }

  /** Starts a time server on the host's address, `offset` milliseconds ahead. */
  async serveTime(offset: number): Promise<void> {
    const script = `import { NtpServer } from "./tests/lab/host/ntp.ts";
      await NtpServer.start({ offset: ${offset} }, 123, "${GATEWAY}");
      console.log("ready");`;
    const words = ["node", "--import", "tsx", "--input-type=module", "--eval", script];
    const server = this.start("time server", words);
    const ready = () => (server.output.includes("ready") ? true : undefined);
    await server.until("its start", ready, 30_000);
  }

  /** Ends dnsmasq, so that clients get no reply. */
  async silence(): Promise<void> {
    await this.dnsmasq?.stop("SIGTERM");
  }

  async stop(): Promise<void> {
    for (const server of this.servers) await server.stop("SIGTERM");
    await this.holder.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
