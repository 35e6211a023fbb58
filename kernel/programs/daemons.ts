/** The programs that commands start and stop, and that then run in the background. */
import { NetworkStack } from "../../net/service/stack";
import { HttpDaemon } from "./httpd";
import { Iperf3Daemon } from "./iperf3";

export class Daemons {
  readonly httpd: HttpDaemon;
  readonly iperf3: Iperf3Daemon;

  /** Adds the daemons, which are not running, to the services of a stack. */
  constructor(stack: NetworkStack) {
    this.httpd = new HttpDaemon(stack);
    this.iperf3 = new Iperf3Daemon(stack);
    stack.addService(this.httpd);
    stack.addService(this.iperf3);
  }
}
