/**
 * Cookies. The input: a file of cookies up to a 0, then fields Set-Cookie of a response, a line
 * each. What is sent to any URL is a valid and bounded value of a field; a jar that is written and
 * read again sends as much.
 */
import { COOKIE_FIELD_BYTES } from "../../../core/limits";
import { CookieJar } from "../../../net/service/http/client/cookies";
import { HttpHead } from "../../../net/service/http/message/head";
import { parseUrl } from "../../../net/service/http/url";
import { Input } from "../parts/input";

const NOW: i64 = 1_800_000_000;
const URLS: StaticArray<string> = [
  "http://a.test/x/y?q",
  "https://b.a.test/",
  "http://10.0.2.2/x",
  "http://localhost/x/",
];

/** Adds a field to a head, as HttpHead holds it. */
function addField(head: HttpHead, value: Input): void {
  const name = String.UTF8.encode("set-cookie");
  const at = head.length;
  const start = at + name.byteLength;
  if (!head.append(changetype<usize>(name), name.byteLength)) return;
  if (!head.append(value.pointer, value.length)) return;
  head.addField(at, name.byteLength, start, value.length);
}

/** Returns what the jar sends to each URL, which no cookie's value can end early. */
function sent(jar: CookieJar): string {
  let all = "";
  for (let i = 0; i < URLS.length; i++) {
    const field = jar.fieldFor(parseUrl(URLS[i]));
    assert((field.length as u32) <= COOKIE_FIELD_BYTES, "the field is too long");
    for (let j = 0; j < field.length; j++) {
      const c = field.charCodeAt(j);
      assert(c == 9 || (c >= 32 && c != 127), "control character in a field");
    }
    all += field + "\n";
  }
  return all;
}

export function cookies(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  const file = input.until(0);
  const jar = new CookieJar(NOW);
  jar.read(String.UTF8.decodeUnsafe(file.pointer, file.length));
  const head = new HttpHead(1 << 16, 100);
  while (!input.empty) addField(head, input.until(10));
  jar.receive(head, parseUrl(URLS[length & 3]));
  sent(jar);
  // What is without a domain is not written.
  const again = new CookieJar(NOW);
  again.read(jar.toString());
  const first = sent(again);
  const third = new CookieJar(NOW);
  third.read(again.toString());
  assert(sent(third).length == first.length, "a file that is read and written differs");
}
