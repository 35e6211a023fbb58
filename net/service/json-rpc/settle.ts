/** Matches JSON-RPC 2.0 responses (sections 5 and 6) to their calls. */
import { RPC_BATCH_CALLS, RPC_MEMBERS } from "../../../core/limits";
import { JsonValue } from "../json/value";
import { RpcCall, RpcFailure, RpcOutcome } from "./call";

/**
 * Settles a single call with its response. If the HTTP status is an error (`refused`), an error
 * without an id counts as the call's: rate limiters in front of a server do not read the id.
 */
export function settleCall(call: RpcCall, response: JsonValue, refused: bool): void {
  const fault = envelopeFault(response);
  if (fault != "") {
    call.fail(RpcFailure.Envelope, fault);
    return;
  }
  const document = response.document;
  const id = document.member(response.index, "id");
  const matches = document.isInteger(id) && document.integer(id) == (call.id as i64);
  if (matches || (refused && isAnonymousError(response))) settle(call, response);
  else call.fail(RpcFailure.Id, describeMismatch(response));
}

/**
 * Settles the calls of a batch, whose ids are consecutive; the responses may be in any order
 * (section 6). `refused` is as for `settleCall`.
 */
export function settleBatch(calls: Array<RpcCall>, response: JsonValue, refused: bool): void {
  if (!response.isArray()) {
    const fault = envelopeFault(response);
    if (fault != "") failAll(calls, RpcFailure.Envelope, fault);
    else if (!refused || !isAnonymousError(response)) {
      failAll(calls, RpcFailure.Envelope, describeMismatch(response));
    } else for (let i = 0; i < calls.length; i++) settle(calls[i], response);
    return;
  }
  if (response.first() == null) {
    failAll(calls, RpcFailure.Envelope, "the batch response is empty");
    return;
  }
  if (!response.hasAtMost(2 * RPC_BATCH_CALLS)) {
    failAll(calls, RpcFailure.Envelope, "the batch response has too many elements");
    return;
  }
  const document = response.document;
  const end = document.next(response.index);
  for (let at = response.index + 1; at < end; at = document.next(at)) {
    const element = new JsonValue(document, at);
    const id = hasFewMembers(element) ? element.get("id") : null;
    if (id == null || !id.isInteger()) continue;
    const index = id.integer() - (calls[0].id as i64);
    if (index < 0 || index >= (calls.length as i64)) continue;
    const call = calls[index as i32];
    if (call.outcome != RpcOutcome.Failed) settleOne(call, element);
  }
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i];
    if (call.outcome != RpcOutcome.Pending) continue;
    call.fail(RpcFailure.Missing, `the batch response lacks id ${call.id}`);
  }
}

/** Reports whether a value has at most RPC_MEMBERS members, so that searching them is fast. */
export function hasFewMembers(value: JsonValue): bool {
  return value.hasAtMost(RPC_MEMBERS);
}

/** Reports whether a message is a request or notification from the server, not a response. */
export function isNotification(value: JsonValue): bool {
  return value.isObject() && hasFewMembers(value) && value.get("method") != null;
}

/** Fails every call that is still pending. */
export function failAll(calls: Array<RpcCall>, failure: RpcFailure, reason: string): void {
  for (let i = 0; i < calls.length; i++) {
    if (calls[i].outcome == RpcOutcome.Pending) calls[i].fail(failure, reason);
  }
}

/** Settles a call by the element of a batch response that has its id. */
function settleOne(call: RpcCall, response: JsonValue): void {
  const fault = envelopeFault(response);
  if (call.outcome != RpcOutcome.Pending) {
    call.fail(RpcFailure.Envelope, `two responses for id ${call.id}`);
  } else if (fault != "") call.fail(RpcFailure.Envelope, fault);
  else settle(call, response);
}

function settle(call: RpcCall, response: JsonValue): void {
  const error = errorOf(response);
  if (error != null) call.takeError(error);
  else call.succeed(response.get("result")!);
}

/** Returns a response's error, or null; `"error": null` is not an error. */
function errorOf(response: JsonValue): JsonValue | null {
  const error = response.get("error");
  return error == null || error.isNull() ? null : error;
}

/** Reports whether a response, or the first one of a batch, is an error. */
export function isErrorResponse(value: JsonValue): bool {
  const first = value.first();
  const response = first == null ? value : first;
  return envelopeFault(response) == "" && errorOf(response) != null;
}

/**
 * Returns what is wrong with the members of a response (section 5), or "". A null result beside an
 * error, and a null error beside a result, are tolerated: JSON-RPC 1.0 prescribes them, and
 * bitcoind and others still do.
 */
function envelopeFault(response: JsonValue): string {
  if (!response.isObject()) return "the response is not an object";
  if (!hasFewMembers(response)) return "the response has too many members";
  const result = response.get("result");
  if (!isVersion2(response) && !isVersion1(response)) return "the response is not JSON-RPC 2.0";
  if (errorOf(response) != null) {
    const both = result != null && !result.isNull();
    return both ? "the response has both result and error" : "";
  }
  return result == null ? "the response has neither result nor error" : "";
}

function isVersion2(response: JsonValue): bool {
  const version = response.get("jsonrpc");
  return version != null && version.isString() && version.textPrefix(4) == "2.0";
}

/** Reports whether a response has the form of JSON-RPC 1.0: an id, and both result and error. */
function isVersion1(response: JsonValue): bool {
  const version = response.get("jsonrpc");
  if (version != null && !(version.isString() && version.textPrefix(4) == "1.0")) return false;
  if (response.get("id") == null) return false;
  return response.get("result") != null && response.get("error") != null;
}

/** Describes a well-formed response whose id is not the call's. */
function describeMismatch(response: JsonValue): string {
  if (!isAnonymousError(response)) return "the response id does not match";
  const probe = new RpcCall("");
  probe.takeError(errorOf(response)!);
  return `the server could not parse the request: error ${probe.code}: ${probe.message}`;
}

/** Reports whether a response is an error without an id, sent if the request cannot be parsed. */
function isAnonymousError(response: JsonValue): bool {
  const id = response.get("id");
  return (id == null || id.isNull()) && errorOf(response) != null;
}
