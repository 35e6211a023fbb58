/** The last two steps of `check`: one call of eth_chainId, judged as HTTP, then as JSON-RPC. */
import { SECOND } from "../../../../core/time";
import { showJson } from "../../../../net/service/json/writer";
import { RpcCall, RpcOutcome } from "../../../../net/service/json-rpc/call";
import { RpcExchange } from "../../../../net/service/json-rpc/exchange";
import { quantityText } from "../../../../net/service/json-rpc/quantity";
import { formatMilliseconds } from "../../time-text";
import { ANY_CHAIN, CheckContext } from "./context";
import { Step, Verdict } from "./step";

const METHOD: string = "eth_chainId";
const TIMEOUT: i64 = 8 * SECOND;
/** Characters shown of a result that is not a chain id. */
const SHOWN: u32 = 80;

/** The call that both steps share. */
export class ProbeCall {
  readonly call: RpcCall = new RpcCall(METHOD);
  exchange: RpcExchange | null = null;
}

/** Sends the POST, and waits for a 2xx status. */
export class HttpStep extends Step {
  constructor(private readonly probe: ProbeCall) {
    super("http", TIMEOUT);
  }

  protected start(context: CheckContext, now: i64): void {
    const url = context.url.text();
    // The call's own time-out comes later than those of the steps, which end it.
    this.probe.exchange = context.stack.rpc.call(url, this.probe.call, 2 * TIMEOUT, now);
  }

  poll(context: CheckContext, now: i64): Verdict {
    const exchange = this.probe.exchange;
    if (exchange == null) return Verdict.Pending;
    const status = exchange.status();
    if (status == 0) {
      if (!exchange.done) return Verdict.Pending;
      return this.verdict(Verdict.Fail, this.probe.call.reason);
    }
    const time = formatMilliseconds(now - this.startedAt);
    const verdict = status / 100 == 2 ? Verdict.Ok : Verdict.Fail;
    return this.verdict(verdict, `POST ${context.url.target}: ${status} in ${time} ms`);
  }

  timeoutText(): string {
    return "the server accepts the request, and does not respond";
  }
}

/** Waits for a valid response whose result is a chain id. */
export class RpcStep extends Step {
  constructor(private readonly probe: ProbeCall) {
    super("rpc", TIMEOUT);
  }

  poll(context: CheckContext, _now: i64): Verdict {
    const exchange = this.probe.exchange;
    if (exchange == null) return Verdict.Pending;
    if (!exchange.poll()) return Verdict.Pending;
    const call = this.probe.call;
    const result = call.result;
    if (call.outcome == RpcOutcome.Result && result != null) {
      const text = result.textPrefix(SHOWN);
      const decimal = quantityText(text);
      const wrong = context.chain != ANY_CHAIN && decimal != context.chain.toString();
      if (decimal != "" && wrong) {
        const wanted = `expected chain ${context.chain}`;
        return this.verdict(Verdict.Fail, `${METHOD} = ${text} (${decimal}), ${wanted}`);
      }
      if (decimal != "") return this.verdict(Verdict.Ok, `${METHOD} = ${text} (${decimal})`);
      const shown = showJson(result, SHOWN);
      return this.verdict(Verdict.Fail, `${METHOD} = ${shown}, expected a quantity such as 0x144`);
    }
    if (call.outcome == RpcOutcome.Error) {
      return this.verdict(Verdict.Fail, `error ${call.code}: ${call.message}`);
    }
    return this.verdict(Verdict.Fail, call.reason);
  }

  end(context: CheckContext): void {
    const exchange = this.probe.exchange;
    if (exchange != null && !exchange.done) exchange.cancel(context.stack.ip.now);
  }

  timeoutText(): string {
    return "the server accepts the request, and does not respond";
  }
}
