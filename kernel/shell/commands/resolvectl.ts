/**
 * resolvectl [status] | query NAME | dns [DEVICE] [SERVER[#PORT][#NAME]...] |
 *            domain [DEVICE] [DOMAIN...] | revert [DEVICE] | flush-caches | statistics
 *
 * Shows and sets the name servers and search domains, with the syntax and messages of systemd's
 * resolvectl(1). Values set here override DHCP and the configuration until `revert`. A server with
 * a NAME is queried over TLS (RFC 7858), by default on port 853, and its certificate must have that
 * name. A port can also follow a colon, as in systemd. `dns DEVICE ""` removes all servers, and
 * `domain DEVICE ""` all search domains. All servers are asked for all names, so a routing-only
 * domain (`~DOMAIN`) has no effect, and a warning says so.
 *
 * Servers are queried in the order of the list, but one that takes over 500 ms comes after faster
 * ones, and one that does not respond within a second comes last. Both are probed after 5 s, then
 * at growing intervals of up to 5 minutes, and return to their place once they respond in time.
 * `status` shows the server that is queried first, and marks those that do not respond.
 *
 * Unlike resolvectl(1) of systemd, DEVICE is optional if there is only one device: a first word
 * that begins with a digit, or for `domain` contains a dot, begins with `~` or is empty, is taken
 * as a value. There is no DNSSEC.
 *
 * Exit codes: 0 success; 1 no such device or name; 2 wrong usage (1 in systemd).
 */
import { DNS_SEARCH_DOMAINS, DNS_SERVERS } from "../../../core/limits";
import { isDigit } from "../../../core/text";
import { MILLISECOND } from "../../../core/time";
import { canonicalName, nameComplaint } from "../../../net/service/dns/name";
import { DnsError, DnsQuery } from "../../../net/service/dns/query";
import { InterfaceConfigurator } from "../../../net/service/interface-configurator";
import { NameServer, parseNameServer } from "../../../net/service/settings";
import { NetworkStack } from "../../../net/service/stack";
import { formatIpv4 } from "../../../net/wire/address";
import { Command, EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";

const TOO_MANY: string = "Too many arguments";
/** The default verb. */
const STATUS: string = "status";
/** The verb that brings the configured servers and domains back. */
const REVERT: string = "revert";
const VERBS: StaticArray<string> = [
  "dns",
  "domain",
  "flush-caches",
  "query",
  REVERT,
  "statistics",
  STATUS,
];
/** Columns before the colon in the output of `status`. */
const LABEL_WIDTH: i32 = 18;

/** `query NAME`. */
class QueryJob extends Job {
  private readonly query: DnsQuery;

  constructor(
    private readonly session: Session,
    private readonly stack: NetworkStack,
    private readonly name: string,
  ) {
    super();
    this.query = stack.dns.resolve(name, session.now);
  }

  poll(_now: i64): i32 {
    const query = this.query;
    if (!query.done) return RUNNING;
    const session = this.session;
    const name = this.name;
    if (query.addresses.length == 0) {
      const why = query.error == DnsError.NameError ? `'${name}' not found` : query.failure();
      session.error("resolvectl", `${name}: resolve call failed: ${why}`);
      return EXIT_FAILURE;
    }
    for (let i = 0; i < query.addresses.length; i++) {
      const label = i == 0 ? `${name}:` : "".padStart(name.length + 1);
      session.printLine(`${label} ${formatIpv4(query.addresses[i])}`);
    }
    if (query.canonicalName != canonicalName(name) && query.canonicalName != name) {
      session.printLine("".padStart(name.length + 2) + `(${query.canonicalName})`);
    }
    session.printLine("");
    const source = query.fromCache ? "cache" : query.server == 0 ? "local" : "network";
    const millis = query.elapsed / MILLISECOND;
    session.printLine(`-- Information acquired via protocol DNS in ${millis}ms.`);
    session.printLine(`-- Data from: ${source}${query.truncated ? " (truncated)" : ""}`);
    return EXIT_OK;
  }

  cancel(): i32 {
    this.stack.dns.cancel(this.query);
    return EXIT_INTERRUPTED;
  }
}

const DETAILS: StaticArray<string> = [
  "  status                     shows the servers and search domains; the default",
  "  query NAME                 looks up the addresses of a name",
  "  dns [DEVICE] [SERVER...]   shows or sets servers, '' for none; a SERVER is",
  "                             ADDRESS[#PORT][#NAME], over TLS with a NAME",
  "  domain [DEVICE] [NAME...]  shows or sets search domains, '' for none",
  "  revert [DEVICE]            returns to what DHCP and anonymos.conf say",
  "  flush-caches, statistics   empties the cache; shows how often it was used",
];

export class Resolvectl extends Command {
  constructor(private readonly stack: NetworkStack) {
    super("resolvectl", "[COMMAND] [VALUE...]", "shows and sets the name servers", [
      "resolvectl",
      "resolvectl query mainnet.era.zksync.io",
      "resolvectl dns net0 10.0.2.3 10.0.2.2#5353",
      "resolvectl domain net0 corp.example",
      "resolvectl revert net0",
      "resolvectl flush-caches",
    ]);
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  start(words: Array<string>, session: Session): Job {
    // Only `dns` and `domain` accept an empty word, which clears the list.
    if (words.length > 0 && words[0] == "dns") return this.servers(words.slice(1), session);
    if (words.length > 0 && words[0] == "domain") return this.domains(words.slice(1), session);
    const options = new Options(words, []);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const operands = options.operands;
    const verb = operands.length > 0 ? operands[0] : STATUS;
    if (!VERBS.includes(verb)) return this.unknownVerb(verb, session);
    if (verb == "query") return this.query(operands.slice(1), session);
    if (operands.length > (verb == REVERT ? 2 : 1)) {
      return this.wrongUsage(session, TOO_MANY);
    }
    if (verb == REVERT) return this.revert(operands.slice(1), session);
    if (verb == "statistics") return this.statistics(session);
    if (verb == STATUS) return this.status(session);
    this.stack.dns.cache.clear();
    return this.done();
  }

  private unknownVerb(verb: string, session: Session): Job {
    return this.wrongUsage(session, `Unknown command verb '${printable(verb)}'`);
  }

  private query(names: Array<string>, session: Session): Job {
    if (names.length != 1) {
      return this.wrongUsage(session, names.length == 0 ? "Too few arguments" : TOO_MANY);
    }
    return new QueryJob(session, this.stack, names[0]);
  }

  /** Prints the size of the cache, and counts since boot: lookups, and responses of each server. */
  private statistics(session: Session): Job {
    const dns = this.stack.dns;
    session.printLine(`total transactions: ${dns.lookupsStarted}`);
    session.printLine(`cache entries: ${dns.cache.count}`);
    session.printLine(`cache hits: ${dns.cache.hits}`);
    session.printLine(`cache misses: ${dns.cache.misses}`);
    for (let i = 0; i < dns.servers.states.length; i++) {
      const state = dns.servers.states[i];
      const time = state.rtt == 0 ? "" : `, ${state.rtt / MILLISECOND} ms`;
      const counts = `${state.answers} answers, ${state.silences} timeouts`;
      session.printLine(`server ${state.server.toString()}: ${counts}${time}`);
    }
    return this.done();
  }

  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? VERBS.slice<Array<string>>() : [];
  }

  private setupNamed(name: string): InterfaceConfigurator | null {
    const iface = this.stack.ip.interfaceNamed(name);
    return iface == null ? null : this.stack.configuration.of(iface);
  }

  /** Prints why there is no device. `words` begins with its name, if one was given. */
  private noDevice(words: Array<string>, session: Session): Job {
    if (!namesDevice(words)) return this.wrongUsage(session, "Interface argument required");
    const name = printable(words[0]);
    return this.failed(session, `Failed to resolve interface "${name}": No such device`);
  }

  /** Returns the device that the first word names, by default the only one, or null. */
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
    setup.setSearchDomains(null);
    return this.applied(session);
  }

  /** `dns [DEVICE] [SERVER...]`; a single empty word clears the list. */
  private servers(words: Array<string>, session: Session): Job {
    if (words.length == 0) return this.show(null, session);
    const setup = this.chosen(words);
    if (setup == null) return this.noDevice(words, session);
    if (namesDevice(words)) words = words.slice(1);
    if (words.length == 0) return this.show(setup, session);
    if (isEmptyWord(words)) words = [];
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
    return this.applied(session);
  }

  /** `domain [DEVICE] [DOMAIN...]`; a single empty word clears the list. */
  private domains(words: Array<string>, session: Session): Job {
    if (words.length == 0) {
      this.printLinks(null, session, false);
      return this.done();
    }
    const named = this.setupNamed(words[0]);
    const isDomain = isEmptyWord(words) || words[0].includes(".") || words[0].startsWith("~");
    const isValue = named == null && isDomain;
    const setup = isValue ? this.chosen([]) : named;
    if (setup == null) return this.noDevice(isValue ? [] : words, session);
    const values = isValue ? words : words.slice(1);
    if (values.length == 0) {
      this.printLinks(setup, session, false);
      return this.done();
    }
    if (values.length > DNS_SEARCH_DOMAINS) {
      const most = `at most ${DNS_SEARCH_DOMAINS}`;
      return this.wrongUsage(session, `too many domains: ${values.length} (${most})`);
    }
    const domains: Array<string> = [];
    let skipped = "";
    for (let i = 0; i < values.length && !isEmptyWord(values); i++) {
      const routingOnly = values[i].startsWith("~");
      const name = routingOnly ? values[i].substring(1) : values[i];
      if (nameComplaint(name) != "" && values[i] != "~.") {
        return this.wrongUsage(session, `Domain not valid: ${printable(name)}`);
      }
      if (!routingOnly) domains.push(canonicalName(name));
      else if (skipped == "") skipped = printable(values[i]);
    }
    if (skipped != "") {
      const why = "all servers are asked for all names";
      session.error("resolvectl", `routing-only domain ${skipped} has no effect: ${why}`);
    }
    if (skipped != "" && domains.length == 0) return this.done();
    setup.setSearchDomains(domains);
    return this.applied(session);
  }

  /** Applies a change at once: the next command may be on the same line. */
  private applied(session: Session): Job {
    this.stack.configuration.apply(session.now);
    return this.done();
  }

  private show(only: InterfaceConfigurator | null, session: Session): Job {
    this.printLinks(only, session, true);
    return this.done();
  }

  /** Prints a line for each device, numbered as in `ip link`, with its servers or its domains. */
  private printLinks(only: InterfaceConfigurator | null, session: Session, servers: bool): void {
    for (let i = 0; i < this.stack.configuration.configurators.length; i++) {
      const setup = this.stack.configuration.configurators[i];
      if (only != null && only !== setup) continue;
      const list = servers ? this.serverTexts(setup, false) : setup.searchDomains();
      const values = list.length == 0 ? "" : " " + list.join(" ");
      session.printLine(`Link ${setup.iface.index + 1} (${setup.iface.name}):${values}`);
    }
  }

  /** Returns the servers of a device. With `marked`, those that do not respond are marked. */
  private serverTexts(setup: InterfaceConfigurator, marked: bool): Array<string> {
    const servers = setup.nameServers();
    const texts: Array<string> = [];
    for (let i = 0; i < servers.length; i++) {
      const state = this.stack.dns.servers.of(servers[i]);
      const dead = marked && (state == null ? false : state.dead);
      texts.push(servers[i].toString() + (dead ? " (no answer)" : ""));
    }
    return texts;
  }

  private status(session: Session): Job {
    const order = this.stack.dns.servers.order();
    for (let i = 0; i < this.stack.configuration.configurators.length; i++) {
      const setup = this.stack.configuration.configurators[i];
      const servers = setup.nameServers();
      const domains = setup.searchDomains();
      if (i > 0) session.printLine("");
      session.printLine(`Link ${setup.iface.index + 1} (${setup.iface.name})`);
      printValue(session, "Current Scopes", servers.length > 0 ? "DNS" : "none");
      for (let j = 0; j < servers.length; j++) {
        if (order.length == 0 || !order[0].server.equals(servers[j])) continue;
        printValue(session, "Current DNS Server", servers[j].toString());
      }
      if (servers.length > 0) {
        printValue(session, "DNS Servers", this.serverTexts(setup, true).join(" "));
      }
      if (domains.length > 0) printValue(session, "DNS Domain", domains.join(" "));
    }
    return this.done();
  }
}

/** Prints a line of `status`. */
function printValue(session: Session, label: string, value: string): void {
  session.printLine(`${label.padStart(LABEL_WIDTH)}: ${value}`);
}

/** Reports whether a list consists of one empty word. */
function isEmptyWord(words: Array<string>): bool {
  return words.length == 1 && words[0] == "";
}

/** Reports whether the first word is a device and not an address, which begins with a digit. */
function namesDevice(words: Array<string>): bool {
  return words.length > 0 && !isDigit(words[0].charCodeAt(0));
}
