/** Passes UDP datagrams through the gate to a table, as the IP layer does; makes error reports. */
import { Endpoints } from "../../../net/socket/endpoints";
import { ErrorReport } from "../../../net/socket/error-report";
import { UdpTable } from "../../../net/socket/udp";
import { Drop } from "../../../net/wire/drop";
import { IcmpError } from "../../../net/wire/icmp";
import { parseUdp } from "../../../net/wire/udp";

const ends = new Endpoints();
/** Filled in by `reportOf`. */
export const report: ErrorReport = new ErrorReport();

/** The source and destination of a packet. */
export class Addresses {
  constructor(
    readonly source: u32,
    readonly destination: u32,
  ) {}
}

export function deliver(
  table: UdpTable,
  between: Addresses,
  pointer: usize,
  length: u32,
  device: u32,
): Drop {
  const drop = parseUdp(pointer, length, between.source, between.destination);
  if (drop != Drop.None) return drop;
  ends.setIpv4(between.destination, 0, between.source, 0);
  return table.process(ends, pointer, device);
}

/** An error about a packet whose transport header begins at `at`. */
export function reportOf(kind: IcmpError, between: Addresses, at: usize): ErrorReport {
  report.kind = kind;
  report.quoted.setIpv4(between.source, 0, between.destination, 0);
  report.pointer = at;
  return report;
}
