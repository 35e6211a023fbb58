/**
 * Decides whether calls may be sent again, to the same server or to another. A call that changes
 * state is not sent again if it may have been carried out: it could move money twice. Signed
 * transactions (eth_sendRawTransaction) would be safe to repeat, because their hash identifies
 * them, but the second response would be an error ("already known") that hides the first success.
 * So they are treated like other calls; eth_getTransactionByHash shows whether one has arrived.
 */
import { HttpFailure } from "../http/client/failure";
import { RpcCall, RpcOutcome } from "./call";
import { RpcExchange } from "./exchange";

const REQUEST_TIMEOUT: u32 = 408;
const TOO_MANY_REQUESTS: u32 = 429;
/** HTTP statuses of faults that may pass, as in curl's --retry. */
const TRANSIENT: StaticArray<u32> = [REQUEST_TIMEOUT, TOO_MANY_REQUESTS, 500, 502, 503, 504];
/** The JSON-RPC error code for an exceeded limit (EIP-1474); some providers use 429 instead. */
const LIMIT_EXCEEDED: i64 = -32005;

/** Namespaces whose methods only read, unless their names say otherwise. */
const READING: StaticArray<string> = [
  "eth",
  "net",
  "web3",
  "zks",
  "debug",
  "trace",
  "txpool",
  "arbtrace",
  "bor",
  "erigon",
  "ots",
];
/** Parts of method names that mean a change, or results that are returned only once. */
const CHANGING: StaticArray<string> = [
  "send",
  "sign",
  "submit",
  "resend",
  "cancel",
  "import",
  "newfilter",
  "newblockfilter",
  "newpending",
  "uninstall",
  "getfilterchanges",
  "subscribe",
  "unlock",
  "set",
  "start",
  "stop",
  "transfer",
  "withdraw",
  "deposit",
  "delete",
  "remove",
  "add",
  "mine",
  "revert",
  "reset",
  "write",
];

/** Reports whether a method is known to change nothing. */
export function isReading(method: string): bool {
  const end = method.indexOf("_");
  return end > 0 && READING.includes(method.substring(0, end)) && !isChanging(method);
}

/** Reports whether the name of a method says that it changes something. */
function isChanging(method: string): bool {
  const action = method.substring(method.indexOf("_") + 1).toLowerCase();
  for (let i = 0; i < CHANGING.length; i++) {
    // Short parts count only at the start: a "getAddress" would contain "add" by chance.
    if (CHANGING[i].length > 5 ? action.includes(CHANGING[i]) : action.startsWith(CHANGING[i])) {
      return true;
    }
  }
  return false;
}

/** Reports whether the calls may be sent once more, even to another server. */
export function mayRepeat(exchange: RpcExchange): bool {
  if (wasRefused(exchange) || onlyRead(exchange.calls)) return true;
  for (let i = 0; i < exchange.calls.length; i++) {
    if (isChanging(exchange.calls[i].method)) return false;
  }
  // A server that rejects a request has done nothing, but one that fails, or a gateway in front of
  // it, may have begun.
  const status = exchange.status();
  return status >= 400 && status < 500 && status != REQUEST_TIMEOUT;
}

/** Reports whether all methods are known to change nothing. */
export function onlyRead(calls: Array<RpcCall>): bool {
  for (let i = 0; i < calls.length; i++) if (!isReading(calls[i].method)) return false;
  return true;
}

/** Reports whether the server is overloaded or broken, so that another may do better. */
export function isUnavailable(exchange: RpcExchange): bool {
  const status = exchange.status();
  return status == TOO_MANY_REQUESTS || status >= 500 || limitExceeded(exchange);
}

/** Reports whether the same server may do better after a while. */
export function isTransient(exchange: RpcExchange): bool {
  if (limitExceeded(exchange)) return true;
  const failure = exchange.failure;
  if (failure == HttpFailure.None) return TRANSIENT.includes(exchange.status());
  return (
    failure == HttpFailure.TimedOut ||
    failure == HttpFailure.Receive ||
    failure == HttpFailure.Empty ||
    failure == HttpFailure.Incomplete
  );
}

/** Reports whether it is certain that no call was carried out. */
function wasRefused(exchange: RpcExchange): bool {
  if (!exchange.wasSent() || exchange.status() == TOO_MANY_REQUESTS) return true;
  return limitExceeded(exchange);
}

/** Reports whether every call got the error that a limit is exceeded. */
function limitExceeded(exchange: RpcExchange): bool {
  for (let i = 0; i < exchange.calls.length; i++) {
    const call = exchange.calls[i];
    const limited = call.code == LIMIT_EXCEEDED || call.code == (TOO_MANY_REQUESTS as i64);
    if (call.outcome != RpcOutcome.Error || !limited) return false;
  }
  return true;
}
