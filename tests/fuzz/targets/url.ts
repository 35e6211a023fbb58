/** URLs: a base, a line feed, a reference. What is a URL stays the same URL when written out. */
import { parseUrl, Url } from "../../../net/service/http/url";
import { Input } from "../parts/input";

function check(url: Url): void {
  if (url.error != "") return;
  const again = parseUrl(url.text());
  assert(again.error == "", "a URL is none once it is written out");
  assert(again.sameOrigin(url), "a URL written out leads elsewhere");
  assert(again.target == url.target, "a URL written out asks for something else");
  assert(again.address == url.address, "a URL written out has another address");
  assert(url.target.startsWith("/") && !url.target.includes("#"), "a target is no target");
  assert(url.port > 0 && url.port < 65536, "a port is none");
}

export function url(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  const base = parseUrl(input.until(0x0a).text());
  const reference = input.text();
  check(base);
  check(parseUrl(reference, "http"));
  if (base.error == "") check(base.resolve(reference));
}
