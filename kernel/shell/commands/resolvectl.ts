/** `resolvectl`: the name servers, the cache and the queries of the resolver. */
import { DNS_SERVERS } from "../../../core/limits";
import { isDigit } from "../../../core/text";
import { InterfaceConfigurator } from "../../../net/service/interface-configurator";
import { NameServer, parseNameServer } from "../../../net/service/settings";
import { NetworkStack } from "../../../net/service/stack";
import { formatIpv4 } from "../../../net/wire/address";
import { DNS_PORT } from "../../../net/wire/dns";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Shell } from "../shell";

/** What gives the servers back that were configured before. */
const REVERT: string = "revert";

export class Resolvectl extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "resolvectl",
      "dns [DEVICE] [SERVER...] | revert [DEVICE] | flush-caches | statistics",
      "shows and sets the name servers",
      [
        "resolvectl dns",
        "resolvectl dns net0 10.0.2.3 10.0.2.2#5353",
        "resolvectl revert net0",
        "resolvectl flush-caches",
      ],
    );
  }

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const operands = options.operands;
    const verb = operands.length > 0 ? operands[0] : "dns";
    if (verb == "dns") return this.servers(operands.slice(1), shell);
    if (verb == REVERT && operands.length <= 2) return this.revert(operands.slice(1), shell);
    if (verb == "flush-caches" && operands.length == 1) {
      this.stack.dns.cache.clear();
      return shell.done();
    }
    if (verb == "statistics" && operands.length == 1) return this.statistics(shell);
    return shell.wrongUsage(this, `"${operands.join(" ")}" is no such request`);
  }

  private statistics(shell: Shell): Job {
    const cache = this.stack.dns.cache;
    shell.printLine(`cache entries: ${cache.count}`);
    shell.printLine(`cache hits: ${cache.hits}`);
    shell.printLine(`cache misses: ${cache.misses}`);
    return shell.done();
  }

  private setupNamed(name: string): InterfaceConfigurator | null {
    const iface = this.stack.ip.interfaceNamed(name);
    return iface == null ? null : this.stack.configuration.of(iface);
  }

  /** Says what is wrong with the words where a device should be. */
  private noDevice(words: Array<string>, shell: Shell): Job {
    if (!namesDevice(words)) return shell.wrongUsage(this, "the device is missing");
    return shell.failed(this, `there is no device ${words[0]}, expected one of ip link`);
  }

  /** The device that the words name, or the only one; null when there is none. */
  private chosen(words: Array<string>): InterfaceConfigurator | null {
    if (namesDevice(words)) return this.setupNamed(words[0]);
    return this.stack.configuration.configurators.length == 1
      ? this.stack.configuration.configurators[0]
      : null;
  }

  private revert(words: Array<string>, shell: Shell): Job {
    const setup = this.chosen(words);
    if (setup == null) return this.noDevice(words, shell);
    setup.setNameServers(null);
    return shell.done();
  }

  /** `dns`, `dns DEVICE`, `dns DEVICE SERVER...`; the device may be left out where there is one. */
  private servers(words: Array<string>, shell: Shell): Job {
    if (words.length == 0) return this.show(null, shell);
    const setup = this.chosen(words);
    if (setup == null) return this.noDevice(words, shell);
    if (namesDevice(words)) words = words.slice(1);
    if (words.length == 0) return this.show(setup, shell);
    if ((words.length as u32) > DNS_SERVERS) {
      return shell.wrongUsage(this, `${words.length} servers are more than ${DNS_SERVERS}`);
    }
    const servers: Array<NameServer> = [];
    for (let i = 0; i < words.length; i++) {
      const server = parseNameServer(words[i]);
      if (server == null) {
        return shell.wrongUsage(this, `${words[i]} is no server, as 10.0.2.3 or 10.0.2.3#5353`);
      }
      servers.push(server);
    }
    setup.setNameServers(servers);
    return shell.done();
  }

  private show(only: InterfaceConfigurator | null, shell: Shell): Job {
    for (let i = 0; i < this.stack.configuration.configurators.length; i++) {
      const setup = this.stack.configuration.configurators[i];
      if (only != null && only !== setup) continue;
      const servers = setup.nameServers();
      let line = `Link ${setup.iface.index + 1} (${setup.iface.name}):`;
      for (let j = 0; j < servers.length; j++) {
        line += " " + formatIpv4(servers[j].address);
        if (servers[j].port != DNS_PORT) line += "#" + servers[j].port.toString();
      }
      shell.printLine(line);
    }
    return shell.done();
  }
}

/** The first word is a device's name: an address begins with a digit. */
function namesDevice(words: Array<string>): bool {
  return words.length > 0 && !isDigit(words[0].charCodeAt(0));
}
