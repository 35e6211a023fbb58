/** What a DHCP lease may change on this host: the keys of [DHCPv4] in systemd.network(5). */

export class LeaseSettings {
  sendHostname: bool = true;
  useDns: bool = true;
  useNtp: bool = true;
  useMtu: bool = true;
  useHostname: bool = true;
  useRoutes: bool = true;
  /** Whether to take the default route: 1 yes, 0 no, -1 as `useRoutes` says. */
  useGateway: i32 = -1;
  /** The metric of its routes; -1: 1024 plus the index of the interface. */
  routeMetric: i64 = -1;

  /** Reports whether a lease's routes of that prefix length are to be added. */
  takesRoute(prefix: u32): bool {
    const gateway = this.useGateway < 0 ? this.useRoutes : this.useGateway == 1;
    return prefix == 0 ? gateway : this.useRoutes;
  }
}
