/**
 * The job of `rpc -S`: prints each notification of a subscription as one line of JSON. While the
 * console is stalled, nothing is read, and TCP slows the server down.
 */
import { RpcOutcome } from "../../../../net/service/json-rpc/call";
import { RpcSubscription } from "../../../../net/service/json-rpc/subscription";
import { NetworkStack } from "../../../../net/service/stack";
import { EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../../command";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";
import { RpcArguments } from "./arguments";
import { OutcomePrinter, ValuePrinter } from "./printer";

/** Runs until Ctrl-C, until the notifications asked for are printed, or until it fails. */
export class SubscriptionJob extends Job {
  private readonly subscription: RpcSubscription;
  private readonly values: ValuePrinter;
  private last: OutcomePrinter | null = null;
  private printed: i64 = 0;

  constructor(
    private readonly session: Session,
    stack: NetworkStack,
    private readonly given: RpcArguments,
  ) {
    super();
    this.values = new ValuePrinter(session);
    this.subscription = stack.rpc.subscribe(given.urls, given.calls[0], given.fields);
  }

  poll(now: i64): i32 {
    const last = this.last;
    if (last != null) return last.print() ? last.code : RUNNING;
    this.printNews();
    while (this.session.room() > 0) {
      if (!this.values.print()) return RUNNING;
      if (this.given.count > 0 && this.printed == this.given.count) {
        this.subscription.cancel(now);
        return EXIT_OK;
      }
      const value = this.subscription.next();
      if (value == null) return this.waitOrEnd();
      this.printed++;
      this.values.begin(value, false, "\n");
    }
    return RUNNING;
  }

  pollAt(): i64 {
    return this.values.busy || this.last != null ? 0 : super.pollAt();
  }

  cancel(): i32 {
    this.subscription.cancel(this.session.now);
    return EXIT_INTERRUPTED;
  }

  /** Waits for the next notification; after a failure, starts to print the outcome instead. */
  private waitOrEnd(): i32 {
    const subscription = this.subscription;
    if (!subscription.over || subscription.call.outcome == RpcOutcome.Pending) return RUNNING;
    const calls = [subscription.call];
    this.last = new OutcomePrinter(this.session, calls, false, subscription.failure);
    return this.poll(this.session.now);
  }

  private printNews(): void {
    const news = this.subscription.news;
    this.subscription.news = "";
    if (news != "") this.session.error("rpc", printable(news));
  }
}
