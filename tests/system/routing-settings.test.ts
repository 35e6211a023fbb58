/** [Route] and [RoutingPolicyRule] of anonymos.conf apply at boot, beside the routes of DHCP. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { OFF_LINK } from "../lab/scripted/ip-host.ts";

/** Returns a command's output without the echo and the prompt. */
const printed = (lab: Lab, command: string) => lab.command(command).split("\r\n").slice(1, -1);

const FILE = `
[Route]
Gateway=10.0.2.3
Table=100
MTUBytes=1400

[Route]
Destination=10.1.0.0/16
MultiPathRoute=10.0.2.2 2
MultiPathRoute=10.0.2.3@net0
PreferredSource=10.0.2.15

[Route]
Destination=10.2.0.0/16
Type=prohibit
Metric=5

[Route]
Destination=10.3.0.0/16
Scope=link

[Route]
Destination=10.4.0.0/16
MultiPathRoute=10.0.2.2@net7

[Route]
Destination=10.5.0.0/16
Gateway=10.0.2.2
PreferredSource=192.0.2.77

[RoutingPolicyRule]
FirewallMark=1
Table=100
Priority=50

[RoutingPolicyRule]
FirewallMark=1
Table=100
Priority=50

[RoutingPolicyRule]
To=192.0.2.0/24
Type=unreachable
`;

test("routes and rules of the file apply, are shown and are obeyed", async () => {
  const lab = await Lab.at("S1", {
    commandLine: "",
    modules: [{ name: "anonymos.conf", bytes: Buffer.from(FILE) }],
  });
  assert.deepEqual(printed(lab, "ip rule"), [
    "0:\tfrom all lookup local",
    "49:\tfrom all to 192.0.2.0/24 unreachable",
    "50:\tfrom all fwmark 0x1 lookup 100",
    "32766:\tfrom all lookup main",
    "32767:\tfrom all lookup default",
  ]);
  const routes = printed(lab, "ip route show table all");
  assert.deepEqual(
    routes.filter((line) => !line.includes(" table local ")),
    [
      "default via 10.0.2.3 dev net0 table 100 proto static mtu 1400",
      "default via 10.0.2.2 dev net0 proto dhcp metric 1024",
      "10.0.2.0/24 dev net0 proto kernel scope link src 10.0.2.15",
      "10.1.0.0/16 proto static src 10.0.2.15",
      "\tnexthop via 10.0.2.2 dev net0 weight 2",
      "\tnexthop via 10.0.2.3 dev net0 weight 1",
      "prohibit 10.2.0.0/16 proto static metric 5",
      "10.3.0.0/16 dev net0 proto static scope link",
    ],
  );
  assert.deepEqual(printed(lab, "ip route get 10.2.0.1"), ["RTNETLINK answers: Permission denied"]);
  assert.deepEqual(printed(lab, "ip route get 192.0.2.1"), ["RTNETLINK answers: No route to host"]);
  const log = lab.twin.output;
  assert.match(log, /net0: Could not set route 10\.4\.0\.0\/16: Cannot find device "net7"/);
  assert.match(log, /net0: Could not set route 10\.5\.0\.0\/16: Invalid prefsrc address/);
  lab.take();
  lab.command(`ping -c 1 -W 1 -m 1 ${OFF_LINK}`);
  lab.command(`ping -c 1 -W 1 ${OFF_LINK}`);
  const to = lab.frames().map((frame) => frame.subarray(0, 6).toString("hex"));
  assert.deepEqual(to, ["52550a000203", "52550a000202"], "the mark selects the table's gateway");
  assert.match(printed(lab, "nc 192.0.2.1 80")[0], /failed: No route to host$/);
  printed(lab, "ip link set net0 down; sleep 1; ip link set net0 up; sleep 2");
  assert.deepEqual(printed(lab, "ip route show table all"), routes, "they return");
});
