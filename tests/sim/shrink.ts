/** Shrinks a failed world's plan while the world still fails in the same way. */
import { lessUnusual } from "./conditions.ts";
import type { Plan } from "./plan.ts";
import { runWorld } from "./run-world.ts";

/** Maximum number of worlds to run. */
const TRIES = 150;
/** A twin's default memory in bytes. */
const MEMORY = 1 << 30;

/** Yields variants of `plan`, each with one part removed or made ordinary. */
function* smaller(plan: Plan): Generator<Plan> {
  const { twins, incidents } = plan;
  if (twins.length > 1) {
    const last = twins.length - 1;
    const left = incidents.filter(({ twin }) => twin !== last);
    yield { ...plan, twins: twins.slice(0, last), incidents: left };
  }
  if (incidents.length > 1) yield { ...plan, incidents: [] };
  for (let i = 0; i < incidents.length; i++) {
    yield { ...plan, incidents: incidents.toSpliced(i, 1) };
  }
  for (const [i, twin] of twins.entries()) {
    const replace = (change: Partial<typeof twin>) => ({
      ...plan,
      twins: twins.with(i, { ...twin, ...change }),
    });
    if (twin.commands.length > 1) yield replace({ commands: [] });
    for (let k = 0; k < twin.commands.length; k++) {
      yield replace({ commands: twin.commands.toSpliced(k, 1) });
    }
    if (twin.dhcp) yield replace({ dhcp: false });
    if (twin.nic !== "e1000") yield replace({ nic: "e1000" });
    if (twin.sendTime > 0) yield replace({ sendTime: 0 });
    if (twin.slow) yield replace({ slow: false });
    if (!twin.hypervisor) yield replace({ hypervisor: true });
    if (twin.memory < MEMORY) yield replace({ memory: MEMORY });
    for (const direction of ["down", "up"] as const) {
      if (Object.keys(twin[direction]).length > 0) yield replace({ [direction]: {} });
      for (const name of Object.keys(twin[direction])) {
        const rest = Object.entries(twin[direction]).filter(([key]) => key !== name);
        yield replace({ [direction]: Object.fromEntries(rest) });
      }
    }
  }
  for (const conditions of lessUnusual(plan.conditions)) yield { ...plan, conditions };
  if (plan.secure) yield { ...plan, secure: false };
  if (plan.rudeness > 0) yield { ...plan, rudeness: 0 };
  if (plan.ackDelay > 0) yield { ...plan, ackDelay: 0 };
  if (plan.peerWindow < 65535) yield { ...plan, peerWindow: 65535 };
  if (plan.peerOverrun > 0) yield { ...plan, peerOverrun: 0 };
  if (plan.peerSegment < 1460) yield { ...plan, peerSegment: 1460 };
}

/**
 * Returns the smallest plan found that fails with the same message, or `plan`. Messages are equal
 * if their first 60 characters are, hexadecimal digits, periods and colons left out.
 */
export async function shrink(plan: Plan, failure: string): Promise<Plan> {
  const kind = (text: string) => text.replace(/[0-9a-f.:]+/g, "").slice(0, 60);
  let best = plan;
  let tries = 0;
  for (let found = true; found && tries < TRIES; ) {
    found = false;
    for (const candidate of smaller(best)) {
      if (++tries > TRIES) break;
      const { failures } = await runWorld(candidate);
      if (!failures.some((text) => kind(text) === kind(failure))) continue;
      best = candidate;
      found = true;
      break;
    }
  }
  return best;
}
