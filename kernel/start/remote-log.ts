/** Starts to send the log to another host. */
import { TcpConnector } from "../../net/service/connector";
import { DatagramTransport } from "../../net/service/log/datagrams";
import { RemoteLog } from "../../net/service/log/remote-log";
import { SecureTransport } from "../../net/service/log/secure-stream";
import { LogTarget, LogTransport } from "../../net/service/log/target";
import { NetworkStack } from "../../net/service/stack";

/** Sends the log to `target`, unless that is null, once the network is configured. */
export function startRemoteLog(target: LogTarget | null, stack: NetworkStack): void {
  if (target == null) return;
  let transport: LogTransport = new DatagramTransport(target, stack.ip, stack.dns);
  if (target.secure) {
    const connector = new TcpConnector(stack.ip, stack.tls, false, false);
    transport = new SecureTransport(target, stack.dns, connector);
  }
  stack.addService(new RemoteLog(target, transport, stack.configuration, stack.ntp.time));
}
