/** --resolve, --connect-to, --proxy, --proxy-user and --noproxy of `curl`. */
import { parseDecimalText } from "../../../../core/text";
import { HttpProxies, HttpProxy } from "../../../../net/service/http/client/proxy";
import { HttpRequest } from "../../../../net/service/http/client/request";
import { HostDetour, HostEntry, RouteSettings } from "../../../../net/service/http/client/route";
import { Ipv4Address, NOT_AN_ADDRESS, parseIpv4 } from "../../../../net/wire/address";
import { Options } from "../../options";

/** curl's exit code for an option whose value cannot be parsed. */
const EXIT_OPTION_SYNTAX: i32 = 49;

/** Applies the options to a request's route. */
export class RouteOptions {
  /** curl's exit code and message for a wrong option; 0 and "" if all are right. */
  code: i32 = 0;
  failure: string = "";
  private readonly settings: RouteSettings;

  constructor(
    private readonly options: Options,
    private readonly request: HttpRequest,
  ) {
    const settings = request.route;
    this.settings = settings;
    const entries = options.values("resolve");
    for (let i = 0; i < entries.length; i++) this.addEntry(entries[i]);
    const detours = options.values("connect-to");
    for (let i = 0; i < detours.length; i++) this.addDetour(detours[i]);
    settings.tunnels = options.has("p");
  }

  /** Replaces the configured `proxies` by those of the options, if there are any. */
  chooseProxies(proxies: HttpProxies): void {
    const options = this.options;
    if (!options.has("x") && !options.has("noproxy") && !options.has("U")) return;
    const chosen = new HttpProxies();
    const typed = options.value("x");
    if (!options.has("x")) {
      chosen.http = proxies.http;
      chosen.https = proxies.https;
    }
    chosen.except(options.has("noproxy") ? options.value("noproxy") : proxies.exceptionList());
    if (typed != "") {
      chosen.http = new HttpProxy(typed);
      chosen.https = chosen.http;
    }
    if (options.has("U")) chosen.authorize(options.value("U"));
    this.settings.proxies = chosen;
  }

  private refuse(message: string): void {
    if (this.code != 0) return;
    this.code = EXIT_OPTION_SYNTAX;
    this.failure = message;
  }

  /** `[+]HOST:PORT:ADDRESS[,ADDRESS]...`, or `-HOST:PORT` to remove an entry. */
  private addEntry(text: string): void {
    const parts = text.split(":");
    const removes = text.startsWith("-");
    const marked = removes || text.startsWith("+");
    const host = (marked ? parts[0].substring(1) : parts[0]).toLowerCase();
    const port = parts.length > 1 ? parseDecimalText(parts[1]) : -1;
    const addresses: Array<Ipv4Address> = [];
    const words = parts.length == 3 ? parts[2].split(",") : [];
    let valid = parts.length == (removes ? 2 : 3) && host != "" && port > 0 && port < 65536;
    for (let i = 0; i < words.length && valid; i++) {
      const address = parseIpv4(words[i]);
      if (address == NOT_AN_ADDRESS) valid = false;
      else addresses.push(address as u32);
    }
    if (!valid) this.refuse(`Couldn't parse CURLOPT_RESOLVE entry '${text}'`);
    else this.settings.entries.push(new HostEntry(host, port as u32, addresses));
  }

  /** `[HOST]:[PORT]:[TO_HOST]:[TO_PORT]`; an empty or missing TO part keeps the original. */
  private addDetour(text: string): void {
    const parts = text.split(":");
    while (parts.length < 4) parts.push("");
    const host = parts[0].toLowerCase();
    const port = parts[1] == "" ? 0 : parseDecimalText(parts[1]);
    const toPort = parts[3] == "" ? 0 : parseDecimalText(parts[3]);
    // As in curl, where the detour leads matters only if it is taken, perhaps by a redirect.
    const url = this.request.url;
    const matches = (host == "" || host == url.host) && (port == 0 || port == (url.port as i64));
    if (!matches && !this.options.has("L")) return;
    if (parts.length > 4 || toPort < 0 || toPort > 65535) {
      this.refuse(`No valid port number in connect to host string (${parts[3]})`);
      return;
    }
    // As in curl, an invalid port matches no URL.
    if (port < 0 || port > 65535) return;
    const toHost = parts[2].toLowerCase();
    const detour = new HostDetour(host, port as u32, toHost, toPort as u32);
    this.settings.detours.push(detour);
  }
}
