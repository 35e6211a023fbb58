/** The option -H of `curl` and `rpc`: a header field, in the notation of curl. */
import { HttpField } from "../../net/service/http/client/request";

/** What follows a malformed option in the error message. */
export const HEADER_FORMS: string =
  "expected NAME: VALUE, NAME: (to omit it) or NAME; (to send it empty)";

/**
 * Parses `NAME: VALUE`, `NAME:` (the field is not sent) or `NAME;` (it is sent without a value).
 * Returns null if the text is none of these.
 */
export function parseHeaderOption(text: string): HttpField | null {
  const colon = text.indexOf(":");
  if (colon < 0 && text.endsWith(";") && text.length > 1) {
    return new HttpField(text.substring(0, text.length - 1), "");
  }
  if (colon <= 0) return null;
  const value = text.substring(colon + 1).trim();
  return new HttpField(text.substring(0, colon), value, value == "");
}
