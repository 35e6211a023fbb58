/** URLs, each as one line of text. */
import { parseUrl, Url } from "../../../net/service/http/url";
import { textAt } from "./text";

export { allocateBytes } from "./text";

function describe(url: Url): string {
  if (url.error != "") return (url.unsupported ? "unsupported: " : "error: ") + url.error;
  const user = url.userinfo;
  const who = user == null ? "" : user + " @ ";
  const kind = url.address >= 0 ? "address" : "name";
  const scheme = url.scheme();
  return `${scheme} ${who}${kind} ${url.host} ${url.port} ${url.target} host=${url.authority()}`;
}

export function parse(pointer: usize, length: u32): string {
  return describe(parseUrl(textAt(pointer, length)));
}
export function parseLoosely(pointer: usize, length: u32): string {
  return describe(parseUrl(textAt(pointer, length), "http"));
}
export function resolve(base: usize, baseLength: u32, pointer: usize, length: u32): string {
  const url = parseUrl(textAt(base, baseLength)).resolve(textAt(pointer, length));
  return url.error == "" ? url.text() : url.error;
}
