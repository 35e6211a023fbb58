/** All mutants that rows of the catalogue must detect. */
import { icmpUdpMutants } from "./icmp-udp.ts";
import { ipMutants } from "./ip.ts";
import { linkMutants } from "./link.ts";
import { systemMutants } from "./system.ts";

export const mutants = [...linkMutants, ...ipMutants, ...icmpUdpMutants, ...systemMutants];
