/** Unusual conditions of a world's network that last from beginning to end. */
import type { DhcpOddities } from "../lab/network/dhcp-server.ts";
import { type DnsBehavior, politeDns } from "../lab/network/dns-server.ts";
import type { Random } from "../lab/random.ts";

/** How a name server behaves that is configured before the good one. */
const firstServers = {
  silent: { ...politeDns, silence: 1 },
  slow: { ...politeDns, delay: 8000 },
  failing: { ...politeDns, fail: 1 },
  refusing: { ...politeDns, refuse: 1 },
  lame: { ...politeDns, refer: 1 },
} satisfies Record<string, DnsBehavior>;

type FirstServer = keyof typeof firstServers;

export interface Conditions {
  /** Priority in the tag of each frame to the twins (IEEE 802.1Q, VLAN 0); null without a tag. */
  priority: number | null;
  /** The name server before the good one; null if there is none. */
  firstServer: FirstServer | null;
  dhcp: DhcpOddities;
}

export const usual: Conditions = { priority: null, firstServer: null, dhcp: {} };

/** Draws conditions. Half of all worlds have the usual ones. */
export function makeConditions(random: Random): Conditions {
  if (random.chance(0.5)) return usual;
  return {
    priority: random.chance(0.3) ? random.between(0, 7) : null,
    firstServer: random.chance(0.5)
      ? random.pick(Object.keys(firstServers) as FirstServer[])
      : null,
    dhcp: {
      port: random.chance(0.2) ? random.between(1024, 65535) : 67,
      identifier: random.pick([undefined, undefined, "none", "changing"] as const),
    },
  };
}

/** Yields `conditions` with one unusual part made usual, for each part. */
export function* lessUnusual(conditions: Conditions): Generator<Conditions> {
  for (const part of ["priority", "firstServer", "dhcp"] as const) {
    if (JSON.stringify(conditions[part]) === JSON.stringify(usual[part])) continue;
    yield { ...conditions, [part]: usual[part] };
  }
}

export function behaviorOf(server: FirstServer): DnsBehavior {
  return firstServers[server];
}

/** Commands that query name servers in other ways than `curl` and `host` do. */
export const questions = [
  "dig web.test",
  "dig +short alias.test @10.0.2.2",
  "dig +tcp web.test",
  "dig -x 10.0.2.3",
  "resolvectl query web.test",
  "resolvectl statistics",
  "resolvectl status",
  "curl -m 20 -I http://web.test/bytes/10",
];
