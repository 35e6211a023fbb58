/** A program of one's own: prints the number of the newest block whenever it has changed. */
import { log } from "../kernel/core/log";
import { Program, register } from "../kernel/core/program";
import { SECOND } from "../kernel/core/time";
import { jsonRpcCall } from "../net/api";
import { RpcOutcome } from "../net/service/json-rpc/call";
import { RpcExchange } from "../net/service/json-rpc/client";

const ENDPOINT: string = "http://10.0.2.2:8545/";

class BlockWatch extends Program {
  private request: RpcExchange | null = null;
  private nextAt: i64 = 2 * SECOND;
  private last: string = "";

  poll(now: i64): bool {
    const request = this.request;
    if (request == null) {
      if (now >= this.nextAt) this.request = jsonRpcCall(ENDPOINT, "eth_blockNumber", "");
    } else if (request.poll()) {
      const call = request.calls[0];
      const result = call.result;
      if (call.outcome == RpcOutcome.Result && result != null) this.show(result.text());
      else log(`block-watch: ${call.reason}${call.message}`);
      this.request = null;
      this.nextAt = now + 5 * SECOND;
    }
    return false;
  }

  pollAt(): i64 {
    return this.request == null ? this.nextAt : super.pollAt();
  }

  private show(block: string): void {
    if (block != this.last) log(`block-watch: block ${block}`);
    this.last = block;
  }
}

register(new BlockWatch());
