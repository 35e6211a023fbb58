/** `curl -w FORMAT`: prints a text after the transfer, with curl's variables and escapes. */
import { HttpExchange } from "../../../../net/service/http/client/exchange";
import { CurlTraffic } from "./traffic";

/** What the variables of a format refer to. */
export class Transfer {
  constructor(
    readonly exchange: HttpExchange,
    readonly traffic: CurlTraffic,
    readonly method: string,
    readonly code: i32,
    readonly message: string,
  ) {}
}

/** Expands a format. An unknown variable is replaced by an error message, as with curl. */
export function writeOut(format: string, transfer: Transfer): string {
  let text = "";
  for (let i = 0; i < format.length; i++) {
    const c = format.charAt(i);
    const next = format.charAt(i + 1);
    if (c == "\\" && next != "") {
      text += escapeText(next);
      i++;
    } else if (c == "%" && next == "%") {
      text += "%";
      i++;
    } else if (c == "%" && next == "{" && format.indexOf("}", i) > 0) {
      const end = format.indexOf("}", i);
      text += variable(format.substring(i + 2, end), transfer);
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
  if (name.startsWith("time_")) {
    const time = timeOf(name, transfer.exchange);
    if (time >= 0) return secondsText(time);
  }
  const isAmount = name.startsWith("size_") || name.startsWith("speed_");
  const value = isAmount ? amount(name, transfer) : property(name, transfer);
  if (value != "?") return value;
  return `curl: unknown --write-out variable: '${name}'\n`;
}

/** Returns microseconds since the start; 0 if not reached; -1 if there is no such variable. */
function timeOf(name: string, exchange: HttpExchange): i64 {
  const times = exchange.times;
  let at: i64 = -1;
  if (name == "time_total") at = times.finished;
  else if (name == "time_namelookup") at = times.resolved;
  else if (name == "time_connect") at = times.connected;
  else if (name == "time_appconnect") at = exchange.url.secure ? times.connected : 0;
  else if (name == "time_pretransfer") at = times.connected;
  else if (name == "time_starttransfer") at = times.firstByte;
  else if (name == "time_redirect") at = exchange.redirects > 0 ? times.hop : 0;
  else return -1;
  return max<i64>(at - times.started, 0);
}

function secondsText(micros: i64): string {
  return `${micros / 1_000_000}.${(micros % 1_000_000).toString().padStart(6, "0")}`;
}

/** Returns a size in bytes or a speed in bytes per second; "?" if there is no such variable. */
function amount(name: string, transfer: Transfer): string {
  const exchange = transfer.exchange;
  const sent = exchange.bodySent();
  if (name == "size_download") return exchange.bodyBytes.toString();
  if (name == "size_upload") return sent.toString();
  if (name == "size_header") return transfer.traffic.headBytes.toString();
  if (name == "size_request") return (transfer.traffic.requestBytes + sent).toString();
  const micros = max<i64>(exchange.times.finished - exchange.times.started, 1) as u64;
  if (name == "speed_download") return perSecond(exchange.bodyBytes, micros).toString();
  return name == "speed_upload" ? perSecond(sent, micros).toString() : "?";
}

function perSecond(bytes: u64, micros: u64): u64 {
  return bytes < 1 << 40 ? (bytes * 1_000_000) / micros : (bytes / micros) * 1_000_000;
}

/** Returns "?" if there is no such variable. */
function property(name: string, transfer: Transfer): string {
  const exchange = transfer.exchange;
  if (name == "http_code" || name == "response_code") {
    return exchange.status().toString().padStart(3, "0");
  }
  if (name == "url_effective") return exchange.url.text();
  if (name == "url") return exchange.request.url.text();
  if (name == "num_redirects") return exchange.redirects.toString();
  if (name == "method") return transfer.method;
  if (name == "exitcode") return transfer.code.toString();
  if (name == "errormsg") return transfer.message;
  if (name == "scheme") return exchange.url.scheme().toUpperCase();
  if (name == "ssl_verify_result") return transfer.code == 60 ? "1" : "0";
  const found = headProperty(name, exchange);
  return found == "?" ? connectionProperty(name, transfer.traffic) : found;
}

/** Variables of the final response's head. */
function headProperty(name: string, exchange: HttpExchange): string {
  const head = exchange.head;
  if (name == "http_version") return head == null ? "0" : `1.${head.minorVersion}`;
  if (name == "num_headers") return head == null ? "0" : head.fieldCount.toString();
  const header = name == "content_type" ? "content-type" : name == "redirect_url" ? "location" : "";
  if (header == "") return "?";
  if (head == null) return "";
  const value = head.get(header);
  if (value == null) return "";
  if (header != "location") return value;
  const target = exchange.url.resolve(value);
  return target.error == "" ? target.text() : value;
}

function connectionProperty(name: string, traffic: CurlTraffic): string {
  if (name == "num_connects") return traffic.connects.toString();
  if (name == "remote_ip") return traffic.remoteAddress;
  if (name == "remote_port") return traffic.remotePort.toString();
  if (name == "local_ip") return traffic.localAddress;
  return name == "local_port" ? traffic.localPort.toString() : "?";
}
