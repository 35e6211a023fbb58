/** The proxies of all requests: http_proxy=, https_proxy= and no_proxy=, as curl reads them. */
import { HttpFailure } from "../../net/service/http/client/failure";
import { HttpProxies, HttpProxy } from "../../net/service/http/client/proxy";

export const PROXY_KEYS: StaticArray<string> = ["http_proxy", "https_proxy", "no_proxy"];

export class ProxySettings {
  readonly proxies: HttpProxies = new HttpProxies();
  /** The keys that the command line has set, which the file does not override. */
  private readonly fixed: Array<string> = [];

  /**
   * Sets one of PROXY_KEYS; "" removes it. Has no effect on a key that the command line has set,
   * unless `fromCommandLine`. Returns "WHY, expected WHAT", or "" if the value is valid.
   */
  set(key: string, value: string, fromCommandLine: bool): string {
    if (!fromCommandLine && this.fixed.includes(key)) return "";
    if (fromCommandLine) this.fixed.push(key);
    const proxies = this.proxies;
    if (key == "no_proxy") {
      proxies.except(value);
      return "";
    }
    let proxy: HttpProxy | null = null;
    if (value != "") {
      const given = new HttpProxy(value);
      if (given.failure != HttpFailure.None) {
        return "invalid proxy, expected [http://][USER:PASSWORD@]HOST[:PORT]";
      }
      proxy = given;
    }
    if (key == "http_proxy") proxies.http = proxy;
    else proxies.https = proxy;
    return "";
  }
}
