/**
 * Two twins, one with a server identity that the other trusts, and a gateway with a name server.
 */
import { type BootFile, identity, trust } from "../host/identity.ts";
import { DnsServer } from "../network/dns-server.ts";
import { crcText, pattern } from "../network/http-peer.ts";
import { Peer } from "../network/peer.ts";
import { type Port, Switch } from "../network/switch.ts";
import { SECOND, World } from "../network/world.ts";
import { Twin, type TwinOptions } from "./twin.ts";

const NAMES = {
  "a.test": "10.0.2.15",
  "b.test": "10.0.2.16",
  "other.test": "10.0.2.16",
  "relay.b.test": "10.0.2.2",
};

export interface PairOptions {
  /** Boot modules of the client and the server. */
  trust?: BootFile[];
  identity?: BootFile[];
  client?: TwinOptions;
  server?: TwinOptions;
  seed?: number;
}

export class SecurePair {
  readonly world: World;
  readonly network: Switch;
  readonly gateway: Peer;
  client!: Twin;
  server!: Twin;
  clientPort!: Port;

  private constructor(seed: number) {
    this.world = new World(seed);
    this.network = new Switch(this.world);
    const hardware = Uint8Array.of(2, 0, 0, 0, 0, 2);
    this.gateway = new Peer(this.world, this.network, "gateway", "10.0.2.2", hardware);
    new DnsServer(this.gateway, NAMES);
  }

  /** Boots both, starts httpd on the server three seconds later, and returns the pair. */
  static async boot(options: PairOptions = {}): Promise<SecurePair> {
    const pair = new SecurePair(options.seed ?? 1);
    const twin = async (name: string, last: number, modules: BootFile[], more?: TwinOptions) => {
      const commandLine = `ip=10.0.2.${last}::10.0.2.2:255.255.255.0:::off:10.0.2.2`;
      const own = { name, seed: pair.world.random.bits(), mac: [2, 0, 0, 0, 1, last] };
      return pair.world.add(await Twin.boot({ ...own, commandLine, modules, ...more }));
    };
    pair.client = await twin("client", 15, options.trust ?? trust, options.client);
    pair.server = await twin("server", 16, options.identity ?? identity, options.server);
    pair.clientPort = pair.network.connectTwin(pair.client);
    pair.network.connectTwin(pair.server);
    pair.world.pass(3);
    pair.world.command(pair.server, "httpd -s");
    return pair;
  }

  /** Returns what the client's console prints for a command. */
  ask(command: string, seconds = 60): string {
    return this.world.command(this.client, command, seconds);
  }

  /** Fetches `length` bytes; throws if they are wrong. */
  fetch(length: number, words = "", host = "b.test"): string {
    const said = this.ask(`curl -o null --crc32 ${words} https://${host}/bytes/${length}`);
    const [, got, crc] = /HTTP 200, (\d+) bytes.*crc32 ([0-9a-f]+)/.exec(said) ?? [];
    if (Number(got) === length && crc === crcText(pattern(length))) return said;
    throw new Error(`${length} bytes were wanted:${said}`);
  }

  /** Fetches over a new connection: waits first, as the last one ends after 30 s without use. */
  fetchAnew(length: number, words = ""): string {
    this.world.pass(31);
    return this.fetch(length, words);
  }

  /** Fetches every `every` seconds, with an extra handshake each 12th time; returns the count. */
  soak(seconds: number, every = 5): number {
    const { world } = this;
    const end = world.now + seconds * SECOND;
    let count = 0;
    for (let next = world.now; world.now < end; count++) {
      this.fetch(count % 2 === 0 ? 1000 : 20_000);
      if (count % 12 === 0) this.ask("tls b.test");
      next += every * SECOND;
      world.run(Math.max(next, world.now));
    }
    return count;
  }

  /** Returns what a twin holds, as its `free` prints it. */
  held(twin: Twin): { frames: number; heap: number; connections: number; library: number } {
    const said = this.world.command(twin, "free");
    const number = (pattern: RegExp) => Number(pattern.exec(said)?.[1]);
    return {
      frames: number(/frames: (\d+) of/),
      heap: number(/heap: (\d+) bytes used/),
      connections: number(/tls: (\d+) bytes held by connections/),
      library: number(/connections, (\d+) by the library/),
    };
  }
}
