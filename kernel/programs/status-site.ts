/**
 * The site that `httpd` serves: a page with the state of the stack, the same state as JSON and as
 * metrics for Prometheus, `/healthz` for load balancers, and, for measurements, `/bytes/N`, which
 * sends N bytes, and `POST /discard`, which counts the bytes sent to it.
 */
import { HEAP_RESERVE } from "../../core/limits";
import { parseDecimalText, replaceText } from "../../core/text";
import { SECOND } from "../../core/time";
import { freeMemory } from "../../machine/memory";
import { Interface } from "../../net/iface/interface";
import { BodySink, BytesSource, PatternSource } from "../../net/service/http/message/body";
import { HttpHandler, IncomingRequest } from "../../net/service/http/server/handler";
import { HttpResponse } from "../../net/service/http/server/response";
import { quoteJson } from "../../net/service/json/writer";
import { NetworkStack } from "../../net/service/stack";
import { TcpCounter } from "../../net/socket/tcp/counters";
import { formatHardware, formatIpv4 } from "../../net/wire/address";
import { METRICS_TYPE, Metrics } from "./metrics";

const BYTES: string = "/bytes/";
/** The largest N of /bytes/N: a pebibyte. */
const LONGEST_BODY: i64 = 1 << 50;

export class StatusSite implements HttpHandler {
  private readonly metrics: Metrics | null;

  /** Serves /metrics and /healthz only if `monitored`. */
  constructor(
    private readonly stack: NetworkStack,
    private readonly monitored: bool,
  ) {
    this.metrics = monitored ? new Metrics(stack) : (null as Metrics | null);
  }

  body(_request: IncomingRequest): BodySink | null {
    return null;
  }

  handle(request: IncomingRequest): HttpResponse {
    if (request.pathIs("/discard")) return discard(request);
    if (!request.isMethod("GET") && !request.isMethod("HEAD")) return notAllowed("GET, HEAD");
    if (request.pathIs("/")) return this.page();
    if (request.pathIs("/status.json")) return this.status();
    if (this.monitored && request.pathIs("/metrics")) return this.metricsPage();
    if (this.monitored && request.pathIs("/healthz")) return health();
    const path = request.path();
    if (!path.startsWith(BYTES)) return HttpResponse.ofStatus(404);
    const length = parseDecimalText(path.substring(BYTES.length));
    if (length < 0 || length > LONGEST_BODY) return HttpResponse.ofStatus(404);
    const response = new HttpResponse(200);
    response.contentType = "application/octet-stream";
    response.body = new PatternSource(length as u64);
    return response;
  }

  private metricsPage(): HttpResponse {
    // Each client that reads slowly holds a page.
    if (freeMemory() < HEAP_RESERVE) return HttpResponse.ofStatus(503);
    const response = new HttpResponse(200);
    response.contentType = METRICS_TYPE;
    response.body = new BytesSource(this.metrics!.page());
    return response;
  }

  private status(): HttpResponse {
    const stack = this.stack;
    const tcp = stack.ip.tcp;
    const interfaces: Array<string> = [];
    for (let i = 0; i < stack.ip.interfaces.length; i++) {
      interfaces.push(interfaceJson(stack.ip.interfaces[i]));
    }
    const response = HttpResponse.ofText(
      200,
      `{"hostname":${quoteJson(stack.configuration.hostname())},` +
        `"uptime":${stack.ip.now / SECOND},` +
        `"interfaces":[${interfaces.join(",")}],` +
        `"tcp":{"connections":${tcp.connectionCount()},"timeWait":${tcp.timeWaitCount()},` +
        `"segmentsReceived":${tcp.counters.of(TcpCounter.InSegs)},` +
        `"segmentsSent":${tcp.counters.of(TcpCounter.OutSegs)},` +
        `"retransmits":${tcp.counters.of(TcpCounter.RetransSegs)}},` +
        `"frames":{"all":${stack.pool.count},"free":${stack.pool.available}}}\n`,
    );
    response.contentType = "application/json";
    return response;
  }

  private page(): HttpResponse {
    const stack = this.stack;
    const name = escapeHtml(stack.configuration.hostname());
    let rows = row("Uptime", `${stack.ip.now / SECOND} s`);
    for (let i = 0; i < stack.ip.interfaces.length; i++) {
      const iface = stack.ip.interfaces[i];
      const counters = iface.device.counters();
      const address =
        iface.ipv4.count > 0 ? `${formatIpv4(iface.ipv4.address)}/${iface.ipv4.prefix}` : "none";
      rows += row(
        iface.name,
        `${address}, ${formatHardware(iface.hardware)}, link ${iface.linkUp ? "up" : "down"}, ` +
          `${counters.receivedFrames} frames received, ${counters.sentFrames} sent`,
      );
    }
    const tcp = stack.ip.tcp;
    rows += row("TCP", `${tcp.connectionCount()} connections, ${tcp.timeWaitCount()} in TIME-WAIT`);
    rows += row("Frames", `${stack.pool.available} of ${stack.pool.count} free`);
    const response = HttpResponse.ofText(
      200,
      `<!doctype html>\n<html lang="en"><head><meta charset="utf-8">` +
        `<title>${name}</title></head>\n<body><h1>${name}</h1>\n<table>\n${rows}</table>\n` +
        `<p><a href="/status.json">status.json</a></p></body></html>\n`,
    );
    response.contentType = "text/html; charset=utf-8";
    return response;
  }
}

/** Reports whether the kernel serves: 200, or 503 while memory is short. */
function health(): HttpResponse {
  if (freeMemory() < HEAP_RESERVE) return HttpResponse.ofStatus(503);
  return HttpResponse.ofText(200, "ok\n");
}

function discard(request: IncomingRequest): HttpResponse {
  if (!request.isMethod("POST") && !request.isMethod("PUT")) return notAllowed("POST, PUT");
  return HttpResponse.ofText(200, `${request.bodyBytes} bytes discarded\n`);
}

function notAllowed(methods: string): HttpResponse {
  const response = HttpResponse.ofStatus(405);
  response.addField("Allow", methods);
  return response;
}

function interfaceJson(iface: Interface): string {
  const counters = iface.device.counters();
  const address =
    iface.ipv4.count > 0
      ? quoteJson(`${formatIpv4(iface.ipv4.address)}/${iface.ipv4.prefix}`)
      : "null";
  return (
    `{"name":${quoteJson(iface.name)},"hardware":${quoteJson(formatHardware(iface.hardware))},` +
    `"link":${iface.linkUp ? "true" : "false"},"address":${address},"mtu":${iface.mtu},` +
    `"framesReceived":${counters.receivedFrames},"bytesReceived":${counters.receivedBytes},` +
    `"framesSent":${counters.sentFrames},"bytesSent":${counters.sentBytes},` +
    `"dropped":${iface.drops.total()}}`
  );
}

function row(name: string, value: string): string {
  return `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>\n`;
}

function escapeHtml(text: string): string {
  const safe = replaceText(replaceText(text, "&", "&amp;"), "<", "&lt;");
  return replaceText(safe, '"', "&quot;");
}
