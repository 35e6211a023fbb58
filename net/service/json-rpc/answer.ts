/** Matches JSON-RPC 2.0 responses (sections 5 and 6) to their calls. */
import { JsonValue } from "../json/value";
import { isId, RpcCall, RpcFailure, RpcOutcome } from "./call";

/** Settles a single call. */
export function settleCall(call: RpcCall, answer: JsonValue): void {
  const fault = envelopeFault(answer);
  if (fault != "") {
    call.fail(RpcFailure.Envelope, fault);
    return;
  }
  const id = answer.get("id");
  if (isId(id, call.id)) settle(call, answer);
  else call.fail(RpcFailure.Id, foreign(answer));
}

/** Settles the calls of a batch, whose responses may be in any order. */
export function settleBatch(calls: Array<RpcCall>, answer: JsonValue): void {
  if (!answer.isArray()) {
    const fault = envelopeFault(answer);
    failAll(calls, RpcFailure.Envelope, fault == "" ? foreign(answer) : fault);
    return;
  }
  const answers = answer.items();
  if (answers.length == 0) {
    failAll(calls, RpcFailure.Envelope, "the batch's answer is empty");
    return;
  }
  for (let i = 0; i < answers.length; i++) settleOne(calls, answers[i]);
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i];
    if (call.outcome != RpcOutcome.Pending) continue;
    call.fail(RpcFailure.Missing, `the batch's answer has nothing for id ${call.id}`);
  }
}

/** Fails every call that is still pending. */
export function failAll(calls: Array<RpcCall>, failure: RpcFailure, reason: string): void {
  for (let i = 0; i < calls.length; i++) {
    if (calls[i].outcome == RpcOutcome.Pending) calls[i].fail(failure, reason);
  }
}

/** Handles one element of a batch's response; ignores it if it belongs to no call. */
function settleOne(calls: Array<RpcCall>, answer: JsonValue): void {
  if (!answer.isObject()) return;
  const id = answer.get("id");
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i];
    if (!isId(id, call.id)) continue;
    // A response may repeat an id thousands of times: do not allocate each time.
    if (call.outcome == RpcOutcome.Failed) return;
    if (call.outcome != RpcOutcome.Pending) {
      call.fail(RpcFailure.Envelope, `id ${call.id} is answered twice`);
      return;
    }
    const fault = envelopeFault(answer);
    if (fault != "") {
      call.fail(RpcFailure.Envelope, fault);
    } else {
      settle(call, answer);
    }
  }
}

function settle(call: RpcCall, answer: JsonValue): void {
  const error = answer.get("error");
  const result = answer.get("result");
  if (error != null) call.takeError(error);
  else if (result != null) call.succeed(result);
}

/** Returns "" if it has the members that a response must have, else what is wrong. */
function envelopeFault(answer: JsonValue): string {
  if (!answer.isObject()) return "the answer is not an object";
  const version = answer.get("jsonrpc");
  if (version == null || !version.isString() || version.textUpTo(4) != "2.0") {
    return "the answer is not of JSON-RPC 2.0";
  }
  const error = answer.get("error");
  const result = answer.get("result");
  if (error != null && result != null) return "the answer has both a result and an error";
  if (error == null && result == null) return "the answer has neither a result nor an error";
  return error == null || error.isObject() ? "" : "the answer's error is not an object";
}

/**
 * Describes a well-formed response whose id is not the call's. An error with id null or without id
 * means that the server could not parse the call (section 5).
 */
function foreign(answer: JsonValue): string {
  const id = answer.get("id");
  const error = answer.get("error");
  if (error == null || (id != null && !id.isNull())) return "the answer has another id";
  const probe = new RpcCall("");
  probe.takeError(error);
  if (probe.outcome != RpcOutcome.Error) return probe.reason;
  return `the server could not read the call: error ${probe.code}: ${probe.message}`;
}
