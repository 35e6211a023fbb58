/** Names on the console: `dig`, `resolvectl`, search domains, dead servers and dead addresses. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";

/** Returns what a command printed, without the typed line and the prompt. */
const printed = (lab: Lab, line: string) =>
  lab
    .command(line)
    .slice(line.length)
    .replace(/\r/g, "")
    .replace(/\n?anonymos> $/, "")
    .trim();

test("dig prints the message of the server", async () => {
  const lab = await Lab.at("S1");
  lab.dns.names["www.test"] = "10.0.2.2 10.0.2.9";
  const text = printed(lab, "dig www.test");
  assert.match(
    text,
    /^; <<>> DiG 9\.18 <<>> www\.test\n;; global options: \+cmd\n;; Got answer:\n/,
  );
  assert.match(text, /->>HEADER<<- opcode: QUERY, status: NOERROR, id: \d+\n/);
  assert.match(text, /\n;; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 0\n/);
  assert.match(text, /\n;; QUESTION SECTION:\n;www\.test\.\t\t\tIN\tA\n/);
  assert.match(text, /\n;; ANSWER SECTION:\nwww\.test\.\t\t30\tIN\tA\t10\.0\.2\.2\nwww\.test\./);
  assert.match(
    text,
    /\n;; Query time: \d+ msec\n;; SERVER: 10\.0\.2\.3#53\(10\.0\.2\.3\) \(UDP\)\n;; WHEN: /,
  );
  assert.match(text, /\n;; WHEN: [A-Z]\w\w [A-Z]\w\w \d\d [\d:]{8} UTC \d{4}\n;; MSG SIZE/);
  assert.match(text, /\n;; MSG SIZE {2}rcvd: 58$/);
  assert.equal(printed(lab, "dig +short www.test"), "10.0.2.2\n10.0.2.9");
  assert.equal(
    printed(lab, "dig @10.0.2.3 www.test A +noall +answer"),
    "www.test.\t\t30\tIN\tA\t10.0.2.2\nwww.test.\t\t30\tIN\tA\t10.0.2.9",
  );
  assert.match(printed(lab, "dig none.test; echo $?"), /status: NXDOMAIN[\s\S]*\n0$/);
  assert.match(printed(lab, "dig -x 10.0.2.2"), /;2\.2\.0\.10\.in-addr\.arpa\.\t\tIN\tPTR\n/);
  assert.match(printed(lab, "dig www.test ANY; echo $?"), /^dig: ANY is not supported.*\n1$/);
  assert.match(printed(lab, "dig www.test +wrong; echo $?"), /^dig: Invalid option: \+wrong\n1$/);
  assert.match(printed(lab, "dig @no.test a.test; echo $?"), /couldn't get address for 'no\.test'/);
});

test("dig says which server did not answer", async () => {
  const lab = await Lab.at("S1");
  lab.dns.behavior = { ...lab.dns.behavior, silence: 1 };
  const text = printed(lab, "dig a.test +time=1 +tries=2 +short; echo $?");
  const line = ";; communications error to 10.0.2.3#53: timed out\n";
  assert.equal(text, `${line}${line};; no servers could be reached\n9`);
});

test("resolvectl shows the server that is asked first, and the one that is silent", async () => {
  const lab = await Lab.at("S1");
  lab.dns.names["a.test"] = "10.0.2.2";
  lab.dns.names["b.test"] = "10.0.2.2";
  lab.command("resolvectl dns 10.0.2.77 10.0.2.3");
  assert.match(printed(lab, "resolvectl query a.test"), /^a\.test: 10\.0\.2\.2\n\n-- Information/);
  const status = printed(lab, "resolvectl");
  assert.match(status, /^Link 1 \(net0\)\n {4}Current Scopes: DNS\n/);
  assert.match(status, /\nCurrent DNS Server: 10\.0\.2\.3\n/);
  assert.match(status, /\n {7}DNS Servers: 10\.0\.2\.77 \(no answer\) 10\.0\.2\.3/);
  const before = lab.world.now;
  assert.match(printed(lab, "host b.test"), /has address 10\.0\.2\.2/);
  assert.ok(lab.world.now - before < 500_000_000, "the dead server costs nothing any more");
  const statistics = printed(lab, "resolvectl statistics");
  assert.match(statistics, /\nserver 10\.0\.2\.77: 0 answers, 1 timeouts\n/);
  assert.match(statistics, /\nserver 10\.0\.2\.3: 3 answers, 0 timeouts/);
});

test("a query on the same line goes to the new server, over TLS if it has a name", async () => {
  const lab = await Lab.at("S1");
  lab.dns.names["a.test"] = "10.0.2.2";
  const output = printed(lab, "resolvectl dns 10.0.2.3#dns.test; resolvectl query a.test; echo $?");
  assert.match(output, /^resolvectl: a\.test: .*DNS over TLS failed: Connection refused\n1$/);
  assert.match(printed(lab, "resolvectl"), /\nCurrent DNS Server: 10\.0\.2\.3#dns\.test\n/);
});

test("short names are searched for in the domains that resolvectl shows", async () => {
  const lab = await Lab.at("S1");
  lab.dns.names["printer.lab.test"] = "10.0.2.9";
  assert.match(printed(lab, "host printer"), /not found: 3\(NXDOMAIN\)/);
  lab.command("resolvectl domain corp.test lab.test");
  assert.equal(printed(lab, "resolvectl domain"), "Link 1 (net0): corp.test lab.test");
  assert.match(printed(lab, "resolvectl"), /\n {8}DNS Domain: corp\.test lab\.test$/);
  assert.match(printed(lab, "host printer"), /printer\.lab\.test has address 10\.0\.2\.9/);
  assert.match(printed(lab, "host printer."), /not found: 3\(NXDOMAIN\)/);
  lab.command('resolvectl domain ""');
  assert.equal(printed(lab, "resolvectl domain"), "Link 1 (net0):");
  assert.match(printed(lab, "resolvectl domain a..b"), /: Domain not valid: a\.\.b /);
});

test("resolvectl rejects unknown devices, and clears a list with an empty word", async () => {
  const lab = await Lab.at("S1");
  const missing = 'resolvectl: Failed to resolve interface "eth0": No such device\n1';
  assert.equal(printed(lab, "resolvectl domain eth0 corp.test; echo $?"), missing);
  assert.equal(printed(lab, "resolvectl domain eth0; echo $?"), missing);
  assert.equal(printed(lab, "resolvectl dns eth0; echo $?"), missing);
  assert.equal(printed(lab, 'resolvectl dns ""; echo $?'), missing.replace("eth0", ""));
  assert.equal(printed(lab, 'resolvectl dns net0 ""; resolvectl dns'), "Link 1 (net0):");
  assert.match(printed(lab, "resolvectl dns 10.0.2.3#"), /: Failed to parse DNS server address: /);
  lab.command("resolvectl revert net0");
  const many = Array.from({ length: 17 }, (_, i) => `d${i}.test`).join(" ");
  assert.match(printed(lab, `resolvectl domain ${many}`), /: too many domains: 17 \(at most 16\)/);
  lab.command("resolvectl domain net0 corp.test");
  assert.equal(
    printed(lab, "resolvectl domain net0 ~a.test ~b.test; resolvectl domain"),
    "resolvectl: routing-only domain ~a.test has no effect: " +
      "all servers are asked for all names\nLink 1 (net0): corp.test",
  );
});

test("the domain of the lease is searched unless UseDomains= or UseDNS= says no", async () => {
  for (const [lines, domain] of [
    ["", " corp.test"],
    ["[DHCPv4]\nUseDomains=no", ""],
    ["[DHCPv4]\nUseDNS=no", ""],
    ["[DHCPv4]\nUseDNS=no\nUseDomains=yes", " corp.test"],
  ]) {
    const modules = [{ name: "anonymos.conf", bytes: Buffer.from(lines) }];
    const lab = await Lab.at("S0", { commandLine: "", modules });
    lab.dhcp.options.more = [[15, Buffer.from("corp.test")]];
    lab.dhcp.behavior = { ...lab.dhcp.behavior, silence: 0 };
    lab.pass(20);
    assert.equal(printed(lab, "resolvectl domain"), `Link 1 (net0):${domain}`, lines);
  }
});

test("curl connects to the second address if the first is silent", async () => {
  const lab = await Lab.at("S1");
  lab.dns.names["two.test"] = "10.0.2.77 10.0.2.2";
  const before = lab.world.now;
  assert.match(printed(lab, "curl -s -m 20 http://two.test/; echo $?"), /\n0$/);
  assert.ok(lab.world.now - before < 2_000_000_000, "RFC 8305: 250 ms later");
});
