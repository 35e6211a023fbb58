/** ISC's dhcpd and dhcrelay, and Kea: DHCP servers inside a namespace. */
import { writeFileSync } from "node:fs";
import { GATEWAY, type Namespace, NETWORK } from "./namespace.ts";
import type { Child } from "./process.ts";

/** Waits until a server's output matches. */
export async function says(server: Child, pattern: RegExp, milliseconds = 10_000): Promise<void> {
  await server.until(
    `${pattern}`,
    () => (pattern.test(server.output) ? true : undefined),
    milliseconds,
  );
}

/** Vendor-specific information with a URL, as docs/fleet.md has it. */
const dhcpdSettings = (url: string) => `
  option space anonymos;
  option anonymos.url code 1 = text;
  class "anonymos" {
    match if option vendor-class-identifier = "AnonymOS";
    vendor-option-space anonymos;
    option anonymos.url "${url}";
  }`;

const keaSettings = (url: string) => ({
  "client-classes": [
    {
      name: "anonymos",
      test: "option[60].text == 'AnonymOS'",
      "option-def": [
        { name: "vendor-encapsulated-options", code: 43, type: "empty", encapsulate: "anonymos" },
      ],
      "option-data": [
        { name: "vendor-encapsulated-options" },
        { name: "url", space: "anonymos", data: url },
      ],
    },
  ],
  "option-def": [{ name: "url", code: 1, space: "anonymos", type: "string" }],
});

/**
 * Starts dhcpd on `device` with leases from NETWORK.`first` to `last`, without earlier leases. It
 * sends `url` as the place of settings, unless that is "".
 */
export async function startDhcpd(
  network: Namespace,
  device: string,
  [first, last]: [number, number],
  url = "",
): Promise<Child> {
  const file = `${network.folder}/dhcpd.conf`;
  const router = GATEWAY.replaceAll(".", ", ");
  const own = device === "bridge0" ? "" : "subnet 10.78.0.0 netmask 255.255.255.0 {}";
  writeFileSync(`${network.folder}/dhcpd.leases`, "");
  writeFileSync(
    file,
    `authoritative; ping-check false; default-lease-time 3600; max-lease-time 7200;
    option classless-routes code 121 = array of unsigned integer 8;
    option captive-portal code 114 = text;
    ${own}
    ${url && dhcpdSettings(url)}
    subnet ${NETWORK}.0 netmask 255.255.255.0 {
      range ${NETWORK}.${first} ${NETWORK}.${last};
      option routers ${GATEWAY};
      option domain-name-servers ${GATEWAY}, 9.9.9.9;
      option domain-name "isc.example";
      option domain-search "isc.example", "lab.example";
      option ntp-servers ${GATEWAY};
      option interface-mtu 1400;
      option classless-routes 0, ${router}, 16, 10, 88, ${router};
      option captive-portal "https://portal.example/api";
      if exists agent.circuit-id { log(info, concat("circuit ", option agent.circuit-id)); }
    }\n`,
  );
  const words = ["dhcpd", "-4", "-f", "-d", "--no-pid", "-cf", file];
  words.push("-lf", `${network.folder}/dhcpd.leases`, device);
  const server = network.start("dhcpd", words);
  await says(server, /Server starting service/);
  return server;
}

/** Starts ISC's relay between bridge0 and the server `to`, which adds option 82. */
export async function startRelay(network: Namespace, to: string): Promise<Child> {
  const words = ["dhcrelay", "-4", "-d", "--no-pid", "-a", "-id", "bridge0", "-iu", "cable0", to];
  const relay = network.start("dhcrelay", words);
  await says(relay, /Sending on +Socket\/fallback/);
  return relay;
}

/** Starts Kea on bridge0 in the same way. */
export async function startKea(
  network: Namespace,
  [first, last]: [number, number],
  url = "",
): Promise<Child> {
  const file = `${network.folder}/kea.json`;
  const option = (name: string, data: string) => ({ name, data });
  const configuration = {
    Dhcp4: {
      "interfaces-config": { interfaces: ["bridge0"] },
      "lease-database": { type: "memfile", persist: false },
      "valid-lifetime": 3600,
      "renew-timer": 900,
      "rebind-timer": 1800,
      authoritative: true,
      ...(url && keaSettings(url)),
      subnet4: [
        {
          subnet: `${NETWORK}.0/24`,
          pools: [{ pool: `${NETWORK}.${first} - ${NETWORK}.${last}` }],
          "option-data": [
            option("routers", GATEWAY),
            option("domain-name-servers", GATEWAY),
            option("domain-name", "kea.example"),
            option("domain-search", "kea.example, lab.example"),
            option("interface-mtu", "1420"),
          ],
        },
      ],
      loggers: [{ name: "kea-dhcp4", severity: "INFO", output_options: [{ output: "stdout" }] }],
    },
  };
  writeFileSync(file, JSON.stringify(configuration));
  const folders = [`KEA_PIDFILE_DIR=${network.folder}`, "KEA_LOCKFILE_DIR=none"];
  const server = network.start("Kea", ["env", ...folders, "kea-dhcp4", "-c", file]);
  await says(server, /DHCP4_STARTED/);
  return server;
}
