/** What a lease may change of the host (section [DHCPv4] of systemd.network(5)). */
/** What a lease may change: the keys of [DHCPv4]. */
export class LeaseSettings {
  sendHostname: bool = true;
  useDns: bool = true;
  useNtp: bool = true;
  useMtu: bool = true;
  useHostname: bool = true;
  useRoutes: bool = true;
  /** -1: as `useRoutes`; otherwise 0 or 1. */
  useGateway: i32 = -1;
  /** -1: the default. */
  routeMetric: i64 = -1;

  /** Reports whether a lease's routes of that prefix length are to be added. */
  takesRoute(prefix: u32): bool {
    const gateway = this.useGateway < 0 ? this.useRoutes : this.useGateway == 1;
    return prefix == 0 ? gateway : this.useRoutes;
  }
}
