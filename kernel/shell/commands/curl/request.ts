/** Makes the request of `curl` from its options. */
import { plainCredential } from "../../../../net/service/http/client/credentials";
import { HttpRequest } from "../../../../net/service/http/client/request";
import { parseHeaderOption } from "../../header-option";
import { Options } from "../../options";
import { CurlBody } from "./body";

const FORM: string = "application/x-www-form-urlencoded";
const JSON_TYPE: string = "application/json";

/** Returns the request; its `error` says what is wrong with the options. */
export function curlRequest(typed: string, options: Options, body: CurlBody): HttpRequest {
  const url = fullUrl(typed, options);
  const text = body.text;
  const inUrl = options.has("G") && text != null;
  const request = new HttpRequest(inUrl && text != null ? withQuery(url, text) : url);
  request.error = body.error;
  if (body.error != "") return request;
  if (!options.has("G")) request.body = body.source();
  else if (body.source() != null && text == null) {
    request.error = "-G: only text can be part of a URL";
    return request;
  }
  if (options.has("I") && request.body != null) {
    const asked = options.has("T") ? "PUT (-T, --upload-file)" : "POST (-d, --data)";
    request.error =
      `You can only select one HTTP request method! You asked for both ${asked} ` +
      "and HEAD (-I, --head).";
    return request;
  }
  request.headOnly = options.has("I");
  if (options.has("I")) request.setMethod("HEAD");
  else if (options.has("T")) request.setMethod("PUT");
  else if (request.body != null) request.setMethod("POST");
  if (options.has("X")) request.setMethod(options.value("X"));
  if (request.error != "") request.error = `-X ${options.value("X")}: ${request.error}`;
  else addFields(request, options);
  request.checkLength();
  return request;
}

/** Returns the URL with what curl adds: two slashes after the scheme, and the name of a -T file. */
function fullUrl(typed: string, options: Options): string {
  let url = typed;
  const colon = url.indexOf(":");
  const scheme = url.substring(0, max(colon, 0)).toLowerCase();
  if (scheme == "http" || scheme == "https") {
    let slashes = 0;
    while (url.charCodeAt(colon + 1 + slashes) == 0x2f) slashes++;
    if (slashes == 1 || slashes == 3) url = `${scheme}://${url.substring(colon + 1 + slashes)}`;
  }
  const file = options.value("T");
  if (file == "" || file == "-" || file == ".") return url;
  const host = url.indexOf("://") < 0 ? 0 : url.indexOf("://") + 3;
  if (url.includes("?") || url.includes("#")) return url;
  if (url.indexOf("/", host) < 0) return `${url}/${file}`;
  return url.endsWith("/") ? url + file : url;
}

/** Adds data to the query of a URL, and removes its fragment. */
function withQuery(url: string, data: string): string {
  const hash = url.indexOf("#");
  const whole = hash < 0 ? url : url.substring(0, hash);
  return whole + (whole.includes("?") ? "&" : "?") + data;
}

/** Adds the header fields. -H overrides options such as -A, which set one field. */
function addFields(request: HttpRequest, options: Options): void {
  const headers = options.values("H");
  for (let i = 0; i < headers.length; i++) {
    // As in curl, text that is not a field is ignored.
    const field = parseHeaderOption(headers[i]);
    if (field != null) request.setField(field);
  }
  if (options.has("A")) addOnce(request, "User-Agent", options.value("A"));
  if (options.has("e")) addOnce(request, "Referer", options.value("e"));
  if (options.has("u")) addOnce(request, "Authorization", plainCredential(options.value("u")));
  if (options.has("u") && !options.value("u").includes(":")) {
    request.error = `-u ${options.value("u")}: expected USER:PASSWORD`;
  }
  if (options.has("json")) addOnce(request, "Accept", JSON_TYPE);
  if (request.body == null || options.has("T")) return;
  addOnce(request, "Content-Type", options.has("json") ? JSON_TYPE : FORM);
}

/** Adds a field unless -H has set it; an empty value omits it. */
function addOnce(request: HttpRequest, name: string, value: string): void {
  if (request.has(name.toLowerCase())) return;
  if (value == "") request.omitField(name);
  else request.addField(name, value);
}
