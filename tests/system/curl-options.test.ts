/** curl's options from the console: what is sent, what is printed, and the exit codes. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { recordRequests } from "../lab/network/recording-server.ts";

/** Returns a lab whose gateway answers on port 81, and the requests that it received. */
async function lab(answer: (head: string) => string): Promise<[Lab, string[]]> {
  const lab = await Lab.at("S1");
  return [lab, recordRequests(lab.gateway, 81, answer)];
}

const ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
const base64 = (text: string) => Buffer.from(text).toString("base64");

test("options change the request as they do with curl", async () => {
  const [world, requests] = await lab(() => ok);
  const form = "Content-Type: application/x-www-form-urlencoded\r\n";
  const cases: [options: string, line: string, contains: string][] = [
    ["", "GET / ", "User-Agent: anonymos/"],
    ["-A 'Agent 1'", "GET / ", "\r\nUser-Agent: Agent 1\r\n"],
    ["-A ''", "GET / ", "81\r\nAccept: "],
    ["-A x -H 'User-Agent: y'", "GET / ", "\r\nUser-Agent: y\r\n"],
    ["-b a=b -b 'c=d; e=f'", "GET / ", "\r\nCookie: a=b;c=d; e=f\r\n"],
    ["-e http://b/", "GET / ", "\r\nReferer: http://b/\r\n"],
    ["-u us%65r:p:é", "GET / ", `\r\nAuthorization: Basic ${base64("us%65r:p:é")}\r\n`],
    ["-d a=1 -d b=2", "POST / ", `${form}Content-Length: 7\r\n\r\na=1&b=2`],
    ["--data-raw @a -d b", "POST / ", "\r\n\r\n@a&b"],
    ["--data-binary 'a b'", "POST / ", "\r\n\r\na b"],
    ["--data-urlencode 'a=b c&d'", "POST / ", "\r\n\r\na=b+c%26d"],
    ["--data-urlencode =é/~", "POST / ", "\r\n\r\n%C3%A9%2F~"],
    ["--data-urlencode 'b c' -d x", "POST / ", "\r\n\r\nb+c&x"],
    ["-G -d a=1 --data-urlencode 'b=c d'", "GET /?a=1&b=c+d ", "Accept: */*\r\n\r\n"],
    ["-G -I -d a=1", "HEAD /?a=1 ", "Accept: */*\r\n\r\n"],
    ["--json '{}'", "POST / ", "Accept: application/json\r\nContent-Type: application/json\r\n"],
    ["--json [1 --json ,2]", "POST / ", "\r\n\r\n[1,2]"],
    ["--json 1 -H 'Accept: a/b'", "POST / ", "\r\nAccept: a/b\r\nContent-Type: application/json"],
    ["-H nothing -H ';'", "GET / ", "Accept: */*\r\n\r\n"],
    ["-4 -X PUT", "PUT / ", "Content-Length: 0\r\n\r\n"],
  ];
  for (const [options, line, contains] of cases) {
    world.command(`curl ${options} http://10.0.2.2:81/`);
    const sent = requests.at(-1) ?? "";
    assert.ok(sent.startsWith(line), `${options}: ${sent}`);
    assert.ok(sent.includes(contains), `${options}: ${sent}`);
  }
  world.command("curl --url http://10.0.2.2:81/url");
  assert.match(requests.at(-1) ?? "", /^GET \/url /);
  assert.match(world.command("curl -I 10.0.2.2:81"), /\nHTTP\/1\.1 200 OK\r\n.*Length: 2\r\n/s);
  assert.equal(world.command("curl -o /dev/null 10.0.2.2:81").split("\r\n").length, 2);
});

test("-w prints curl's variables", async () => {
  const moved = "HTTP/1.1 302 X\r\nLocation: /b c\r\nContent-Length: 0\r\n\r\n";
  const [world] = await lab((head) => (/^\w+ \/a /.test(head) ? moved : ok));
  const shown = (options: string) =>
    world.command(`curl -s -o null ${options}`).split("\r\n").slice(2, -1).join("\n");
  const to = "10.0.2.2:81/a";
  assert.equal(shown(`-w '%{http_code} %{redirect_url}\\n' ${to}`), "302 http://10.0.2.2:81/b%20c");
  assert.equal(
    shown(`-L -w '%{response_code} %{num_redirects} %{url_effective} %{size_download}\\n' ${to}`),
    "200 1 http://10.0.2.2:81/b%20c 2",
  );
  assert.equal(
    shown(`-w '%{content_type}|%{method}|%%|%{scheme}\\n' ${to}x`),
    "text/plain|GET|%|HTTP",
  );
  assert.equal(shown(`-d abc -w '%{size_upload} %{size_header}\\n' ${to}x`), `3 ${ok.length - 2}`);
  assert.match(
    shown(`-w '%{remote_ip}:%{remote_port} %{local_ip}\\n' ${to}x`),
    /^10\.0\.2\.2:81 10\.0/,
  );
  assert.match(shown(`-w '%{time_total} %{time_connect}\\n' ${to}x`), /^\d+\.\d{6} \d+\.\d{6}$/);
  const last = `-d x=1 -w '%{method} %{redirect_url}|%{num_redirects} %{url}\\n'`;
  assert.equal(shown(`-L ${last} ${to}`), `GET |1 ${to}`);
  assert.equal(shown(`${last} ${to}`), `POST http://10.0.2.2:81/b%20c|0 ${to}`);
  const header = "-w '%header{content-type}%header{None}%{onerror}never'";
  assert.equal(shown(`${header} ${to}x`), "text/plain");
  assert.match(shown(`-w '%{nothing}' ${to}x`), /unknown --write-out variable: 'nothing'/);
  const failed = world.command("curl -w '%{http_code} %{exitcode}\\n' 10.0.2.2:7");
  assert.match(failed, /\ncurl: \(7\) .*\r\n000 7\r\n/);
  const text = world.command("curl -s -w '%{json}' 10.0.2.2:7");
  const json = JSON.parse(/\{"content.*\}/s.exec(text)?.[0].replaceAll("\r\n", "") ?? "");
  for (const name of ["content_type", "redirect_url", "referer", "scheme"]) {
    assert.equal(json[name], null, name);
  }
  for (const name of ["http_code", "num_redirects", "time_connect", "ssl_verify_result"]) {
    assert.equal(json[name], 0, name);
  }
  assert.equal(json.url, "10.0.2.2:7");
  assert.equal(json.url_effective, "http://10.0.2.2:7/");
});

test("prints what curl prints for a head, a URL with other slashes, -k and -h", async () => {
  const [world, requests] = await lab(() => ok);
  const head = world.command("curl -I -X GET 10.0.2.2:81");
  assert.match(head, /Length: 2\r\n\r\nanonymos> $/, "not the body");
  assert.match(requests[0], /^GET /);
  for (const url of ["http:/10.0.2.2:81/x", "http:///10.0.2.2:81/x"]) {
    assert.match(world.command(`curl ${url}`), /\nok/);
    assert.match(requests.at(-1) ?? "", /^GET \/x /);
  }
  assert.match(world.command("curl http:10.0.2.2:81/x"), /curl: \(3\) /);
  assert.match(world.command("curl -D - 10.0.2.2:81"), /\nHTTP\/1\.1 200 OK\r\n.*\r\n\r\nok/s);
  const dumped = world.command("curl -s -D - -o /dev/null 10.0.2.2:81");
  assert.match(dumped, /\nHTTP\/1\.1 200 OK\r\n.*Length: 2\r\n\r\nanonymos> $/s);
  assert.match(world.command("curl -D x 10.0.2.2:81"), /\ncurl: -D: there are no files/);
  assert.doesNotMatch(world.command("curl -k http://10.0.2.2:81/"), /warning/);
  assert.doesNotMatch(world.command("curl -sk https://10.0.2.2:7/"), /warning/);
  assert.match(world.command("curl -k https://10.0.2.2:7/"), /warning: -k/);
  const help = world.command("curl -h");
  assert.equal(
    help.replace("curl -h", ""),
    world.command("curl --help").replace("curl --help", ""),
  );
  const options = readFileSync(
    new URL("../../kernel/shell/commands/curl/options.ts", import.meta.url),
  );
  for (const [, names] of options.toString().matchAll(/^ {2}"([\w|-]+):?",$/gm)) {
    const name = names.split("|").at(names[1] === "|" ? 1 : 0);
    if (name !== "help") assert.match(help, new RegExp(`-${name}\\b`), name);
  }
  for (const line of help.split("\r\n")) assert.ok(line.length <= 100, line);
});

test("reports TLS if a port accepts connections but does not speak it", async () => {
  const [world] = await lab(() => "HTTP/1.1 400 Bad Request\r\n\r\n");
  world.gateway.tcp.listeners.set(82, () => {});
  const late = /curl: \(28\) SSL connection timeout\r\n/;
  assert.match(world.command("curl --connect-timeout 1 https://10.0.2.2:82/"), late);
  assert.match(world.command("curl -m 1 https://10.0.2.2:82/"), late);
  assert.match(world.command("curl https://10.0.2.2:82/"), late);
  world.gateway.tcp.listeners.set(83, (connection) => {
    connection.onData = () => connection.write(Buffer.from("HTTP/1.1 400 Bad\r\n\r\n"));
  });
  assert.match(world.command("curl https://10.0.2.2:83/"), /curl: \(35\) .*TLS/);
});

test("without a network, reports wrong usage at once, and obeys -s and -w", async () => {
  const world = await Lab.at("S0");
  const run = (words: string) => {
    const from = world.world.now;
    const said = world.command(`curl ${words}; echo $?`).split("\r\n").slice(1, -1);
    return [
      said.filter((line) => !line.startsWith("[")).join("\n"),
      Math.round((world.world.now - from) / 1e9),
    ];
  };
  const wrong = (words: string, says: string) =>
    assert.deepEqual(run(words), [`curl: ${says} (try: curl --help)\n2`, 0], words);
  wrong("", "no URL specified!");
  wrong("--what a", "option --what: is unknown");
  wrong("-! a", "option -!: is unknown");
  wrong("a -X", "option -X: requires parameter");
  wrong("a --url", "option --url: requires parameter");
  wrong("-m x a", "option -m: expected a proper numerical parameter");
  wrong("--max-time x a", "option --max-time: expected a proper numerical parameter");
  wrong("--retry x a", "option --retry: expected a proper numerical parameter");
  assert.deepEqual(run("-X 'A B' a"), run("-X 'A B' b"));
  assert.deepEqual(run("-s 10.0.2.2"), ["7", 10]);
  assert.deepEqual(run("-s -m 1 -w '%{http_code}\\n' 10.0.2.2"), ["000\n28", 1]);
  assert.match(run("-sS 10.0.2.2")[0] as string, /^curl: \(7\) network is not configured: /);
});

test("--max-redirs takes any number, and -1 for no limit, as curl does", async () => {
  let left = 0;
  const again = "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n";
  const [world, requests] = await lab(() => (left-- > 0 ? again : ok));
  const run = (words: string, redirects: number) => {
    left = redirects;
    requests.length = 0;
    return world.command(`curl -sS -L ${words} http://10.0.2.2:81/; echo "; $?"`);
  };
  assert.match(run("", 51), /\ncurl: \(47\) Maximum \(50\) redirects followed\r\n; 47/);
  assert.match(run("--max-redirs 0", 1), /\ncurl: \(47\) Maximum \(0\) redirects followed\r\n; 47/);
  assert.match(run("--max-redirs 99999999999", 70), /\nok; 0/);
  assert.match(run("--max-redirs -1", 70), /\nok; 0/);
  assert.equal(requests.length, 71);
});

test("an empty URL is malformed: exit code 3", async () => {
  const world = await Lab.at("S1");
  for (const words of ["''", "-s -S ''", "--url ''"]) {
    const output = world.command(`curl ${words}; echo $?`);
    assert.match(output, /\ncurl: \(3\) URL using bad\/illegal format or missing URL\r\n3\r\n/);
  }
});

test("reports wrong uses of options, with exit code 2", async () => {
  const world = await Lab.at("S1");
  const cases: [string, RegExp][] = [
    ["-u user", /-u user: expected USER:PASSWORD/],
    ["-b -", /-b -: cookies are read from boot modules only/],
    ["-c file", /-c: there are no files \(try: -c -\)/],
    ["-X 'A B'", /-X A B: expected a method such as GET, POST or PUT/],
    ["--ip-tos 256", /option --ip-tos: expected a name such as ef, or a number up to 255/],
    ["--ip-tos fast", /option --ip-tos: expected a name such as ef, or a number up to 255/],
    ["-I -d x", /You can only select one HTTP request method!/],
    ["-G -d @bytes:9", /-G: only text can be part of a URL/],
    ["--max-redirs x", /option --max-redirs: expected a proper numerical parameter/],
    ["--max-redirs -2", /option --max-redirs: expected a proper numerical parameter/],
    ["-o x", /-o: there are no files/],
  ];
  for (const [options, says] of cases) {
    const output = world.command(`curl ${options} 10.0.2.2; echo $?`);
    assert.match(output, says);
    assert.match(output, /\n2\r\nanonymos> $/, options);
  }
});

test("--connect-timeout limits connecting; -m counts from when the command is typed", async () => {
  const world = await Lab.at("S1");
  world.gateway.tcp.listeners.set(81, () => {});
  const silent = world.command("curl --connect-timeout 2 -w '%{time_total}\\n' http://10.0.2.77/");
  assert.match(silent, /curl: \((7|28)\) /);
  const body = world.command("curl --connect-timeout 1 -m 3 -w '%{time_total}\\n' 10.0.2.2:81");
  assert.match(
    body,
    /curl: \(28\) Operation timed out after 3000 milliseconds with 0 bytes received\r\n3\.0/,
  );
  const none = await Lab.at("S0");
  const started = none.world.now;
  const output = none.command("curl -m 2 http://10.0.2.2/; echo $?");
  assert.match(output, /curl: \(28\) Operation timed out: network is not configured: /);
  assert.match(output, /\n28\r\nanonymos> $/);
  // In nanoseconds.
  assert.ok(none.world.now - started < 2_500_000_000);
});

test("prints no binary body on the console, unless -o - is given, as curl does", async () => {
  const [world] = await lab(() => "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\0b");
  const run = (words: string) => {
    const said = world.command(`curl ${words} http://10.0.2.2:81/; echo "; $?"`);
    return said.split("\r\n").slice(1, -1).join("\n");
  };
  const refusal = "Binary output can mess up your terminal (try: -o - or -o null)";
  assert.equal(run(""), `curl: (23) ${refusal}\n; 23`);
  assert.equal(run("-s"), "; 23");
  assert.equal(run("-o -"), "a\\x00b; 0");
  assert.match(run("-o null"), /^HTTP 200, 3 bytes/);
});
