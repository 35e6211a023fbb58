/** `curl -w FORMAT`: prints a text after the transfer, with curl's variables and escapes. */
import { HttpExchange } from "../../../../net/service/http/client/exchange";
import { quoteJson } from "../../../../net/service/json/writer";
import { CurlTraffic } from "./traffic";

/** What the variables of a format refer to. */
export class Transfer {
  constructor(
    readonly exchange: HttpExchange,
    readonly traffic: CurlTraffic,
    /** The URL as it was typed. */
    readonly url: string,
    readonly code: i32,
    readonly message: string,
  ) {}
}

/** The variables whose values are texts; null in `%{json}` if empty. */
const TEXTS: StaticArray<string> = [
  "content_type",
  "errormsg",
  "http_version",
  "local_ip",
  "method",
  "redirect_url",
  "referer",
  "remote_ip",
  "scheme",
  "url",
  "url_effective",
];
/** The variables whose values are numbers. */
const NUMBERS: StaticArray<string> = [
  "exitcode",
  "http_code",
  "http_connect",
  "local_port",
  "num_connects",
  "num_headers",
  "num_redirects",
  "proxy_ssl_verify_result",
  "remote_port",
  "response_code",
  "size_download",
  "size_header",
  "size_request",
  "size_upload",
  "speed_download",
  "speed_upload",
  "ssl_verify_result",
  "time_appconnect",
  "time_connect",
  "time_namelookup",
  "time_pretransfer",
  "time_redirect",
  "time_starttransfer",
  "time_total",
  "urlnum",
];

/** Expands a format. An unknown variable is replaced by an error message, as with curl. */
export function writeOut(format: string, transfer: Transfer): string {
  let text = "";
  for (let i = 0; i < format.length; i++) {
    const c = format.charAt(i);
    const next = format.charAt(i + 1);
    const isHeader = format.substring(i, i + 8) == "%header{";
    if (c == "\\" && next != "") {
      text += escapeText(next);
      i++;
    } else if (c == "%" && next == "%") {
      text += "%";
      i++;
    } else if (c == "%" && (next == "{" || isHeader) && format.indexOf("}", i) > 0) {
      const end = format.indexOf("}", i);
      const name = format.substring(format.indexOf("{", i) + 1, end);
      // The rest is for failures only.
      if (name == "onerror" && !isHeader && transfer.code == 0) return text;
      text += isHeader ? headerOf(name, transfer.exchange) : variable(name, transfer);
      i = end;
    } else text += c;
  }
  return text;
}

function escapeText(c: string): string {
  if (c == "n") return "\n";
  if (c == "r") return "\r";
  return c == "t" ? "\t" : "\\" + c;
}

function variable(name: string, transfer: Transfer): string {
  // There is one output for both.
  if (name == "stdout" || name == "stderr" || name == "onerror") return "";
  if (name == "json") return allVariables(transfer);
  if (TEXTS.includes(name)) return textOf(name, transfer);
  const isCode = name == "http_code" || name == "response_code" || name == "http_connect";
  if (NUMBERS.includes(name)) return numberOf(name, transfer).padStart(isCode ? 3 : 1, "0");
  return `curl: unknown --write-out variable: '${name}'\n`;
}

/** Returns all variables as a JSON object. */
function allVariables(transfer: Transfer): string {
  const parts: Array<string> = [];
  for (let i = 0; i < TEXTS.length; i++) {
    const text = textOf(TEXTS[i], transfer);
    parts.push(`"${TEXTS[i]}":${text == "" ? "null" : quoteJson(text)}`);
  }
  for (let i = 0; i < NUMBERS.length; i++) {
    parts.push(`"${NUMBERS[i]}":${numberOf(NUMBERS[i], transfer)}`);
  }
  return `{${parts.join(",")}}`;
}

function textOf(name: string, transfer: Transfer): string {
  const exchange = transfer.exchange;
  const traffic = transfer.traffic;
  if (name == "content_type") return headerOf("content-type", exchange);
  if (name == "errormsg") return transfer.message;
  if (name == "http_version") {
    const head = exchange.head;
    return head == null ? "0" : `1.${head.minorVersion}`;
  }
  if (name == "local_ip") return traffic.localAddress;
  if (name == "method") return exchange.method;
  if (name == "redirect_url") return redirectTarget(exchange);
  if (name == "referer") return exchange.request.valueOf("referer");
  if (name == "remote_ip") return traffic.remoteAddress;
  if (name == "scheme") {
    return traffic.remoteAddress == "" ? "" : exchange.url.scheme().toUpperCase();
  }
  return name == "url" ? transfer.url : exchange.url.text();
}

/** Returns the value of the last response's field, or "". */
function headerOf(name: string, exchange: HttpExchange): string {
  const head = exchange.head;
  if (head == null) return "";
  const value = head.get(name.toLowerCase());
  return value == null ? "" : value;
}

/** Returns where the last response would have led with -L, or "". */
function redirectTarget(exchange: HttpExchange): string {
  const location = headerOf("location", exchange);
  if (location == "" || exchange.status() / 100 != 3) return "";
  const target = exchange.url.resolve(location);
  return target.error == "" ? target.text() : location;
}

function numberOf(name: string, transfer: Transfer): string {
  const exchange = transfer.exchange;
  const traffic = transfer.traffic;
  if (name.startsWith("time_")) return secondsText(timeOf(name, exchange));
  if (name.startsWith("size_") || name.startsWith("speed_")) {
    return amount(name, transfer).toString();
  }
  if (name == "exitcode") return transfer.code.toString();
  if (name == "http_code" || name == "response_code") return exchange.status().toString();
  if (name == "http_connect") return traffic.tunnelStatus.toString();
  if (name == "local_port") return traffic.localPort.toString();
  if (name == "num_connects") return traffic.connects.toString();
  if (name == "num_headers") {
    const head = exchange.head;
    return head == null ? "0" : head.fieldCount.toString();
  }
  if (name == "num_redirects") return exchange.redirects.toString();
  if (name == "remote_port") return traffic.remotePort.toString();
  if (name == "ssl_verify_result") {
    return verifyResult(transfer.code == 60 ? transfer.message : traffic.faults).toString();
  }
  return "0";
}

/** Returns a time in microseconds. */
function timeOf(name: string, exchange: HttpExchange): i64 {
  const times = exchange.times;
  if (name == "time_total") return times.finished - times.started;
  if (name == "time_namelookup") return times.nameLookup;
  if (name == "time_connect") return times.connect;
  if (name == "time_appconnect") return times.appConnect;
  if (name == "time_pretransfer") return times.preTransfer;
  return name == "time_starttransfer" ? times.startTransfer : times.redirect;
}

function secondsText(micros: i64): string {
  return `${micros / 1_000_000}.${(micros % 1_000_000).toString().padStart(6, "0")}`;
}

/** Returns a size in bytes or a speed in bytes per second. */
function amount(name: string, transfer: Transfer): u64 {
  const exchange = transfer.exchange;
  const sent = exchange.bodySent();
  if (name == "size_download") return exchange.bodyBytes;
  if (name == "size_upload") return sent;
  if (name == "size_header") return transfer.traffic.headBytes;
  if (name == "size_request") return transfer.traffic.requestBytes + sent;
  const micros = max<i64>(exchange.times.finished - exchange.times.started, 1) as u64;
  return perSecond(name == "speed_download" ? exchange.bodyBytes : sent, micros);
}

function perSecond(bytes: u64, micros: u64): u64 {
  return bytes < 1 << 40 ? (bytes * 1_000_000) / micros : (bytes / micros) * 1_000_000;
}

/** Returns OpenSSL's number of the first fault in the words of `faultsOf`; 0 if there is none. */
function verifyResult(faults: string): i32 {
  if (faults.includes("issuer is not trusted")) return 20;
  if (faults.includes("has expired")) return 10;
  if (faults.includes("not yet valid")) return 9;
  // curl checks the name itself, after OpenSSL.
  return faults == "" || faults.includes("for this name") ? 0 : 1;
}
