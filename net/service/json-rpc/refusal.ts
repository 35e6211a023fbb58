/** Describes a response whose HTTP status refuses the request. */
import { RPC_EXPLANATION_LENGTH } from "../../../core/limits";
import { NOT_A_NUMBER, parseDecimalText } from "../../../core/text";
import { HttpHead } from "../http/message/head";
import { JsonValue } from "../json/value";
import { hasFewMembers } from "./settle";

/** The maximum of `retryAfterOf`, in seconds. */
const MAX_RETRY_SECONDS: i64 = 3600;

/** Returns Retry-After in seconds, at most 3,600; -1 if absent or not a number. */
export function retryAfterOf(head: HttpHead): i64 {
  const text = head.get("retry-after");
  if (text == null) return -1;
  const seconds = parseDecimalText(text);
  return seconds == NOT_A_NUMBER ? -1 : min(seconds, MAX_RETRY_SECONDS);
}

/** Returns a message such as "HTTP 429 Too Many Requests: over quota, retry after 7 s". */
export function refusalText(head: HttpHead, body: JsonValue | null): string {
  let text = `HTTP ${head.status} ${head.reason()}`.trimEnd();
  const location = head.get("location");
  if (body != null) text += explanation(body);
  if (location != null && head.status < 400) text += `, redirects to ${location}`;
  const seconds = retryAfterOf(head);
  return seconds < 0 ? text : `${text}, retry after ${seconds} s`;
}

/** Returns ": " and the error message in a JSON body that is not JSON-RPC; "" if it has none. */
function explanation(body: JsonValue): string {
  if (!hasFewMembers(body)) return "";
  const error = body.get("error");
  let text = body.get("message");
  if (text == null && error != null) {
    if (error.isString()) text = error;
    else if (hasFewMembers(error)) text = error.get("message");
  }
  if (text == null || !text.isString()) return "";
  return ": " + text.textPrefix(RPC_EXPLANATION_LENGTH);
}
