/** State shared by the steps of `check`: the URL, and the results of earlier steps. */
import { Url } from "../../../../net/service/http/url";
import { NetworkStack } from "../../../../net/service/stack";
import { Ipv4Address, NOT_AN_ADDRESS } from "../../../../net/wire/address";

/** One run of `check`. */
export class CheckContext {
  /** The gateway of the default route; 0 if there is none. */
  readonly gateway: Ipv4Address;
  /** The address of the URL's host; 0 until it is known. */
  address: Ipv4Address = 0;
  /** The first failed step that later ones depend on, or "". */
  failedStep: string = "";

  constructor(
    readonly stack: NetworkStack,
    readonly url: Url,
  ) {
    let gateway: Ipv4Address = 0;
    const routes = stack.ip.routes;
    for (let i: u32 = 0; i < routes.count; i++) {
      if (routes.at(i).prefix == 0) gateway = routes.at(i).gateway;
    }
    this.gateway = gateway;
    if (url.address != NOT_AN_ADDRESS) this.address = url.address as u32;
  }
}
