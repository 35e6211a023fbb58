/** Where a redirect leads, and with which method (RFC 9110 section 15.4). */
import { HttpHead } from "../message/head";
import { Url } from "../url";

/** The request that a redirect asks for. */
export class Redirect {
  /** Why the redirect cannot be followed, or "". */
  error: string = "";
  constructor(
    readonly url: Url,
    readonly method: string,
    /** Whether to send the request's body again. */
    readonly keepsBody: bool,
  ) {}
}

/** Returns the redirect in a response, or null. `url` and `method` are those of the request. */
export function redirectOf(head: HttpHead, url: Url, method: string): Redirect | null {
  const status = head.status;
  if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308)
    return null;
  const field = head.find("location");
  if (field < 0) return null;
  const location = head.value(field);
  if (location == "") return null;
  const target = url.resolve(location);
  // 301 and 302 turn POST into GET (sections 15.4.2 and 15.4.3); 303 turns all but HEAD into GET.
  const toGet = status == 303 ? method != "HEAD" : status < 303 && method == "POST";
  const redirect = new Redirect(target, toGet ? "GET" : method, !toGet && status != 303);
  const second = head.find("location", field + 1);
  if (second >= 0 && head.value(second) != location) {
    redirect.error = "conflicting Location headers";
  } else if (target.unsupported) {
    redirect.error = target.error + " in redirect";
  } else if (target.error != "") {
    redirect.error = "redirect to an invalid URL: " + target.error;
  } else if (url.secure && !target.secure) {
    redirect.error = "redirect from https to http is not allowed";
  } else if (target.userinfo != null) {
    redirect.error = "redirect URL contains a user name";
  }
  return redirect;
}
