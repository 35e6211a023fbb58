/** HTTPS in the simulator's worlds: commands for twins as servers and as clients of each other. */
import { identity, trust } from "../lab/host/identity.ts";
import type { Random } from "../lab/random.ts";
import type { Plan } from "./plan.ts";

/** Boot modules of a twin that serves HTTPS and trusts the others. */
export const secureModules = [...trust, ...identity];

const lengths = [0, 1, 4096, 16_384, 40_000, 150_000];

/** Returns the plan with HTTPS commands added. */
export function secured(plan: Plan, random: Random): Plan {
  const twins = plan.twins.map((twin) => {
    const others = plan.twins.filter((other) => other !== twin).map(({ address }) => address);
    const commands = [...twin.commands];
    if (random.chance(0.9)) commands.unshift("httpd stop", "httpd -s");
    for (let i = random.between(2, 8); i > 0; i--) {
      const [command, at] = [secureCommand(random, others), random.between(0, commands.length)];
      commands.splice(at, 0, command);
    }
    return { ...twin, commands };
  });
  return { ...plan, twins };
}

function secureCommand(random: Random, others: string[]): string {
  const host = others.length > 0 ? random.pick(others) : "10.0.2.2";
  const length = random.pick(lengths);
  const curl = "curl -m 40 -o null";
  const usual = `${curl} --crc32 https://${host}/bytes/${length}`;
  // The server at this port does not speak TLS and stays silent for long.
  if (random.chance(0.05)) return "tls web.test:80";
  return random.pick([
    usual,
    usual,
    `${curl} --crc32 -k https://${host}/bytes/${length}`,
    `${curl} -d @bytes:${length} https://${host}/discard`,
    `tls ${host}`,
    "httpd -s",
  ]);
}

/** What must work over HTTPS in the calm: a server's commands, and a client's. */
export const secureServer = ["httpd stop", "httpd -s 8443"];
export function secureProof(address: string): { command: string; wanted: RegExp } {
  const command = `curl -o null --crc32 https://${address}:8443/bytes/30000`;
  return { command, wanted: /HTTP 200, 30000 bytes/ };
}

/** Returns the bytes that TLS connections hold, from the output of `free`. */
export function secureBytes(free: string): number {
  return Number(/^tls: (\d+) bytes held by connections/m.exec(free)?.[1]);
}
