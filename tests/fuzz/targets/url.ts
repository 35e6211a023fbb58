/** URLs survive being written and parsed again. The input: a base, a line feed, a reference. */
import { parseUrl, Url } from "../../../net/service/http/url";
import { Input } from "../parts/input";

function check(url: Url): void {
  if (url.error != "") return;
  const again = parseUrl(url.text());
  assert(again.error == "", "written URL does not parse");
  assert(again.sameOrigin(url), "written URL has another origin");
  assert(again.target == url.target, "written URL has another target");
  assert(again.address == url.address, "written URL has another address");
  assert(url.target.startsWith("/") && !url.target.includes("#"), "malformed target");
  assert(url.port > 0 && url.port < 65536, "port out of range");
}

export function url(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  const base = parseUrl(input.until(0x0a).text());
  const reference = input.text();
  check(base);
  check(parseUrl(reference, "http"));
  if (base.error == "") check(base.resolve(reference));
}
