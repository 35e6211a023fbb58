/**
 * What a DHCP lease may change on this host, and whether the client sends its name: the keys of
 * [DHCPv4] in systemd.network(5).
 */

export class LeaseSettings {
  sendHostname: bool = true;
  useDns: bool = true;
  /** Whether to search the domains of the lease: 1 for yes, 0 for no, -1 to follow `useDns`. */
  useDomains: i32 = -1;
  useNtp: bool = true;
  useMtu: bool = true;
  useHostname: bool = true;
  useRoutes: bool = true;
  /** Whether to add the default route: 1 for yes, 0 for no, -1 to follow `useRoutes`. */
  useGateway: i32 = -1;
  /** The metric of the lease's routes; -1 for 1024 plus the index of the interface. */
  routeMetric: i64 = -1;

  /** Reports whether to search the domains of the lease. */
  takesDomains(): bool {
    return this.useDomains < 0 ? this.useDns : this.useDomains == 1;
  }

  /** Reports whether to add a lease's route with this prefix length. */
  takesRoute(prefix: u32): bool {
    const gateway = this.useGateway < 0 ? this.useRoutes : this.useGateway == 1;
    return prefix == 0 ? gateway : this.useRoutes;
  }
}
