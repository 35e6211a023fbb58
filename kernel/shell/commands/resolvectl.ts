/**
 * resolvectl [status] | dns [DEVICE] [SERVER[#PORT]...] | revert [DEVICE] | flush-caches |
 *            statistics
 *
 * Shows and sets the name servers, in the words of systemd's resolvectl(1). Servers set here win
 * over those of DHCP and the configuration until `revert`, and are asked in this order. A port
 * follows a # here, and a colon in systemd.
 *
 * Unlike systemd's, `status` and `dns` print the same; DEVICE may be left out if there is only
 * one; `statistics` counts the cache alone. There are no search domains, no DNSSEC and no DNS over
 * TLS. For `query` there is `host`.
 *
 * Exit codes: 0; 1 no such device; 2 wrong usage, for which systemd's returns 1.
 */
import { DNS_SERVERS } from "../../../core/limits";
import { isDigit } from "../../../core/text";
import { InterfaceConfigurator } from "../../../net/service/interface-configurator";
import { NameServer, parseNameServer } from "../../../net/service/settings";
import { NetworkStack } from "../../../net/service/stack";
import { formatIpv4 } from "../../../net/wire/address";
import { DNS_PORT } from "../../../net/wire/dns";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";

/** What is meant without a verb. */
const STATUS: string = "status";
/** The verb that brings the configured servers back. */
const REVERT: string = "revert";
const VERBS: StaticArray<string> = ["dns", "flush-caches", REVERT, "statistics", STATUS];

export class Resolvectl extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "resolvectl",
      "[status] | dns [DEVICE] [SERVER...] | revert [DEVICE] | flush-caches | statistics",
      "shows and sets the name servers",
      [
        "resolvectl dns",
        "resolvectl dns net0 10.0.2.3 10.0.2.2#5353",
        "resolvectl revert net0",
        "resolvectl flush-caches",
      ],
    );
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const operands = options.operands;
    const verb = operands.length > 0 ? operands[0] : STATUS;
    if (!VERBS.includes(verb)) return this.unknownVerb(verb, session);
    if (verb == "dns") return this.servers(operands.slice(1), session);
    if (operands.length > (verb == REVERT ? 2 : 1)) {
      return this.wrongUsage(session, "Too many arguments");
    }
    if (verb == REVERT) return this.revert(operands.slice(1), session);
    if (verb == "statistics") return this.statistics(session);
    if (verb == STATUS) return this.show(null, session);
    this.stack.dns.cache.clear();
    return this.done();
  }

  private unknownVerb(verb: string, session: Session): Job {
    const hint = verb == "query" ? " (try: host NAME)" : "";
    return this.wrongUsage(session, `Unknown command verb '${printable(verb)}'${hint}`);
  }

  /** Names that were found in the cache (hits) and that were asked for (misses), since boot. */
  private statistics(session: Session): Job {
    const cache = this.stack.dns.cache;
    session.printLine(`cache entries: ${cache.count}`);
    session.printLine(`cache hits: ${cache.hits}`);
    session.printLine(`cache misses: ${cache.misses}`);
    return this.done();
  }

  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? VERBS.slice<Array<string>>() : [];
  }

  private setupNamed(name: string): InterfaceConfigurator | null {
    const iface = this.stack.ip.interfaceNamed(name);
    return iface == null ? null : this.stack.configuration.of(iface);
  }

  /** Says why the words name no device. */
  private noDevice(words: Array<string>, session: Session): Job {
    if (!namesDevice(words)) return this.wrongUsage(session, "Interface argument required");
    const name = printable(words[0]);
    return this.failed(session, `Failed to resolve interface "${name}": No such device`);
  }

  /** The device that the words name, or the only one; null if there is none. */
  private chosen(words: Array<string>): InterfaceConfigurator | null {
    if (namesDevice(words)) return this.setupNamed(words[0]);
    return this.stack.configuration.configurators.length == 1
      ? this.stack.configuration.configurators[0]
      : null;
  }

  private revert(words: Array<string>, session: Session): Job {
    const setup = this.chosen(words);
    if (setup == null) return this.noDevice(words, session);
    setup.setNameServers(null);
    return this.done();
  }

  /** `dns [DEVICE] [SERVER...]`: the device may be left out if there is only one. */
  private servers(words: Array<string>, session: Session): Job {
    if (words.length == 0) return this.show(null, session);
    const setup = this.chosen(words);
    if (setup == null) return this.noDevice(words, session);
    if (namesDevice(words)) words = words.slice(1);
    if (words.length == 0) return this.show(setup, session);
    if ((words.length as u32) > DNS_SERVERS) {
      return this.wrongUsage(session, `too many servers: ${words.length} (at most ${DNS_SERVERS})`);
    }
    const servers: Array<NameServer> = [];
    for (let i = 0; i < words.length; i++) {
      const server = parseNameServer(words[i]);
      if (server == null) {
        const text = printable(words[i]);
        return this.wrongUsage(session, `Failed to parse DNS server address: ${text}`);
      }
      servers.push(server);
    }
    setup.setNameServers(servers);
    return this.done();
  }

  /** A line for each device, numbered as in `ip link`; the usual port is not printed. */
  private show(only: InterfaceConfigurator | null, session: Session): Job {
    for (let i = 0; i < this.stack.configuration.configurators.length; i++) {
      const setup = this.stack.configuration.configurators[i];
      if (only != null && only !== setup) continue;
      const servers = setup.nameServers();
      let line = `Link ${setup.iface.index + 1} (${setup.iface.name}):`;
      for (let j = 0; j < servers.length; j++) {
        line += " " + formatIpv4(servers[j].address);
        if (servers[j].port != DNS_PORT) line += "#" + servers[j].port.toString();
      }
      session.printLine(line);
    }
    return this.done();
  }
}

/** Reports whether the first word names a device: an address begins with a digit. */
function namesDevice(words: Array<string>): bool {
  return words.length > 0 && !isDigit(words[0].charCodeAt(0));
}
