/** What a machine takes from the metadata services of clouds, and what it does not. */
import assert from "node:assert/strict";
import test from "node:test";
import type { SmbiosOptions } from "../lab/machine/smbios.ts";
import { Twin, type TwinOptions } from "../lab/machine/twin.ts";
import { Peer } from "../lab/network/peer.ts";
import { Switch } from "../lab/network/switch.ts";
import { World } from "../lab/network/world.ts";

const STATIC = "ip=169.254.0.15:::255.255.0.0:::off";

/** Answers a request: a status and a body. */
type Service = (request: string, fields: Map<string, string>) => [status: number, body: string];

/** A kernel, and a metadata service on its link. */
class Cloud {
  readonly world = new World(1);
  readonly network = new Switch(this.world);
  readonly service = new Peer(
    this.world,
    this.network,
    "service",
    "169.254.169.254",
    Uint8Array.of(2, 0, 0, 0, 0, 2),
  );
  readonly requests: string[] = [];
  twin!: Twin;

  static async boot(smbios: SmbiosOptions, service: Service, more: TwinOptions = {}) {
    const cloud = new Cloud();
    cloud.serve(service);
    cloud.twin = await Twin.boot({ commandLine: STATIC, machine: { smbios }, ...more });
    cloud.world.add(cloud.twin);
    cloud.network.connectTwin(cloud.twin);
    cloud.world.pass(30);
    return cloud;
  }

  private serve(service: Service): void {
    this.service.tcp.listeners.set(80, (connection) => {
      let text = "";
      connection.onData = (data) => {
        text += Buffer.from(data).toString("latin1");
        while (text.includes("\r\n\r\n")) {
          const [line, ...rest] = text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n");
          text = text.slice(text.indexOf("\r\n\r\n") + 4);
          const pairs = rest.map((field) => field.split(": ", 2) as [string, string]);
          const request = line.replace(" HTTP/1.1", "");
          this.requests.push(request);
          const [status, body] = service(request, new Map(pairs));
          const head = `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n`;
          connection.write(Buffer.from(head + body, "latin1"));
        }
      };
      connection.onFinish = () => connection.close();
    });
  }

  ask(line: string): string {
    return this.world.command(this.twin, line);
  }
}

const amazon = { manufacturer: "Amazon EC2", product: "m5.large" };
const google = { manufacturer: "Google", product: "Google Compute Engine" };

/** Serves user data to a machine of OpenStack. */
function openstack(userData: [number, string]): Service {
  return (request) => {
    if (request === "GET /openstack/latest/user_data") return userData;
    return request === "GET /latest/meta-data/hostname" ? [200, "nova-1\n"] : [404, ""];
  };
}

test("EC2: gets a token by PUT, and applies user data as anonymos.conf", async () => {
  const conf = "[Network]\nHostname=web7\nAddress=169.254.0.70/16\nBad=1\n";
  const cloud = await Cloud.boot(amazon, (request, fields) => {
    if (request === "PUT /latest/api/token") {
      return fields.has("X-aws-ec2-metadata-token-ttl-seconds") ? [200, "secret"] : [400, ""];
    }
    if (fields.get("X-aws-ec2-metadata-token") !== "secret") return [401, ""];
    return request === "GET /latest/user-data" ? [200, conf] : [200, "ip-10-0-2-15"];
  });
  const paths = ["PUT /latest/api/token", "GET /latest/user-data"];
  assert.deepEqual(cloud.requests, [...paths, "GET /latest/meta-data/local-hostname"]);
  const log = cloud.ask("dmesg");
  assert.match(log, /machine: Amazon EC2 m5\.large/);
  assert.match(log, /ec2: \d+ bytes of user data: applying them as anonymos\.conf/);
  assert.match(log, /anonymos\.conf:4: Bad=1: /);
  assert.match(cloud.ask("hostname"), /web7/);
  // The command line's ip= is stronger than the file.
  assert.match(cloud.ask("ip addr"), /inet 169\.254\.0\.15\/16/);
});

test("OpenStack: user data reconfigures an interface that no command line configures", async () => {
  const conf = "[Network]\nAddress=169.254.0.70/16\n[Link]\nMTUBytes=1400\n";
  const fwCfg = {
    "opt/anonymos/anonymos.conf": "[Network]\nAddress=169.254.0.50/16",
  };
  const service = openstack([200, conf]);
  const smbios = { product: "OpenStack Nova" };
  const more = { commandLine: "", machine: { smbios, fwCfg } };
  const cloud = await Cloud.boot(smbios, service, more);
  const addresses = cloud.ask("ip addr");
  assert.match(addresses, /mtu 1400.*inet 169\.254\.0\.70\/16/s);
  assert.doesNotMatch(addresses, /169\.254\.0\.50/);
  assert.match(cloud.ask("ping -c 1 169.254.169.254"), / 1 received/);
  assert.match(cloud.ask("hostname"), /nova-1/);
});

test("user data replaces rules, queues, routes and MTU of the settings before it", async () => {
  const route = "[Route]\nType=blackhole\nDestination=192.0.2.0/24\n";
  const rule = "[RoutingPolicyRule]\nFrom=10.9.0.0/16\nTable=7\n";
  const queue = "[TokenBucketFilter]\nRate=1M\nBurstBytes=4K\nLatencySec=50ms\n";
  const old = `[Link]\nMTUBytes=1400\n[Network]\nAddress=169.254.0.50/16\n${route}${rule}${queue}`;
  const other = "[RoutingPolicyRule]\nTo=10.8.0.0/16\nTable=8\n";
  const next = `[Network]\nAddress=169.254.0.70/16\n${other}`;
  const smbios = { product: "OpenStack Nova" };
  const machine = { smbios, fwCfg: { "opt/anonymos/anonymos.conf": old } };
  const cloud = await Cloud.boot(smbios, openstack([200, next]), { commandLine: "", machine });
  const log = cloud.ask("dmesg");
  assert.doesNotMatch(log, /anonymos\.conf:\d+:|Could not set/);
  assert.match(cloud.ask("ip addr"), /mtu 1500.*inet 169\.254\.0\.70\/16/s);
  const rules = cloud.ask("ip rule");
  assert.match(rules, /to 10\.8\.0\.0\/16 lookup 8/);
  assert.doesNotMatch(rules, /10\.9\.0\.0/);
  assert.doesNotMatch(cloud.ask("ip route"), /blackhole/);
  assert.doesNotMatch(cloud.ask("tc qdisc"), /tbf/);
});

test("GCE: runs a script of console commands", async () => {
  const script = "#!anonymos\r\necho first; echo second\n\n# nothing\nhttpd 8080\nwrong\necho last";
  const cloud = await Cloud.boot(google, (request, fields) => {
    if (fields.get("Metadata-Flavor") !== "Google") return [403, ""];
    return request.endsWith("/user-data") ? [200, script] : [200, "gce-1"];
  });
  const said = cloud.twin.output.replaceAll("\r", "");
  assert.match(said, /\nfirst\n\[exit 0\] echo first\nsecond\n/);
  assert.match(said, /wrong: command not found.*\nlast\n\[exit 0\] echo last\n/s);
  assert.match(cloud.ask("ss -l"), /:8080/);
  assert.match(cloud.ask("hostname"), /gce-1/);
});

test("repeats requests while the service fails, and takes 404 for no user data", async () => {
  let failures = 3;
  const cloud = await Cloud.boot({}, () => (failures-- > 0 ? [503, ""] : [404, ""]), {
    commandLine: `${STATIC} ds=hetzner`,
  });
  const path = "GET /hetzner/v1/userdata";
  const repeated = [path, path, path, path, "GET /hetzner/v1/metadata/hostname"];
  assert.deepEqual(cloud.requests, repeated);
  assert.match(cloud.ask("dmesg"), /hetzner: no user data/);
  assert.match(cloud.ask("hostname"), /anonymos/);
});

test("gives up if the service refuses or stays silent", async () => {
  const refused = await Cloud.boot(amazon, () => [403, ""]);
  assert.equal(refused.requests.length, 1);
  assert.match(refused.ask("dmesg"), /ec2: no metadata: HTTP status 403/);
  const silent = await Cloud.boot(amazon, () => [503, ""]);
  silent.world.pass(600);
  assert.equal(silent.requests.length, 20);
  assert.match(silent.ask("dmesg"), /ec2: no metadata: HTTP status 503/);
});

test("reports user data that it does not support, and ignores it beside a module", async () => {
  const smbios = { product: "OpenStack Nova" };
  const cloudInit = await Cloud.boot(smbios, openstack([200, "#cloud-config\nx: 1\n"]));
  assert.match(cloudInit.ask("dmesg"), /openstack: 19 bytes of user data: #cloud-config: not supp/);
  const modules = [{ name: "anonymos.conf", bytes: Buffer.from("[Network]\nHostname=own\n") }];
  const conf = "[Network]\nHostname=other\n";
  const fixed = await Cloud.boot(smbios, openstack([200, conf]), { modules });
  assert.match(fixed.ask("dmesg"), /ignored, as there is a boot module anonymos\.conf/);
  assert.match(fixed.ask("hostname"), /own/);
  const huge = await Cloud.boot(smbios, openstack([200, "x".repeat(70_000)]));
  huge.world.pass(300);
  assert.match(huge.ask("dmesg"), /openstack: no metadata: /);
});

test("asks nobody on other machines, or with ds=none", async () => {
  const plain = await Cloud.boot({}, () => [404, ""]);
  const none = await Cloud.boot(amazon, () => [404, ""], { commandLine: `${STATIC} ds=none` });
  assert.deepEqual([...plain.requests, ...none.requests], []);
  const wrong = await Cloud.boot({}, () => [404, ""], { commandLine: `${STATIC} ds=azure` });
  assert.match(
    wrong.twin.output,
    /cmdline: ds=azure: unknown source, expected none, nocloud, dhcp, ec2, gce/,
  );
});
