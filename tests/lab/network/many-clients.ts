/** A kernel that runs httpd, and any number of scripted clients on one card. */
import { type MachineOptions } from "../machine/machine.ts";
import { Twin } from "../machine/twin.ts";
import { arp, ethernet, ipv4 } from "../packets/build.ts";
import { ARP, address, IPV4, TCP } from "../packets/bytes.ts";
import { parseArp, parseIp } from "../packets/read.ts";
import { readSegment, type SegmentFields, type Sent, tcpSegment } from "../packets/tcp.ts";
import { World } from "./world.ts";

export const SERVER = "10.0.2.15";
const CARD = Uint8Array.of(2, 0, 0, 0, 1, 15);
const CLIENTS = Uint8Array.of(2, 0, 0, 0, 1, 2);
/** Nanoseconds until a client answers. */
const DELAY = 1000;

/** Sends a segment to the server in answer to another. */
export type Reply = (fields: Partial<SegmentFields>) => void;

/**
 * Boots the server; the clients answer each segment as `answer` says. `receive` delivers a payload
 * of an EtherType to the card, and `send` a segment.
 */
export async function serve(machine: MachineOptions, answer: (sent: Sent, reply: Reply) => void) {
  const world = new World(1);
  const commandLine = `ip=${SERVER}::10.0.2.2:255.255.255.0:::off`;
  const twin = world.add(await Twin.boot({ name: "server", mac: [...CARD], commandLine, machine }));
  const receive = (type: number, payload: Uint8Array) =>
    twin.receive(ethernet(CARD, CLIENTS, type, payload), world.now);
  const send = (source: number, port: number, fields: Partial<SegmentFields>) => {
    const payload = tcpSegment({
      ...{ source, destination: address(SERVER), sourcePort: port, destinationPort: 80 },
      ...{ sequence: 0, flags: "S", ...fields },
    });
    receive(IPV4, ipv4({ source, destination: SERVER, protocol: TCP, payload }));
  };
  twin.onSend = (frame) => {
    const question = parseArp(frame);
    if (question?.operation === 1 && question.target !== address(SERVER)) {
      const own = { operation: 2, senderHardware: CLIENTS, sender: question.target };
      const reply = arp({ ...own, targetHardware: CARD, target: question.sender });
      world.after(DELAY, () => receive(ARP, reply));
    }
    const ip = parseIp(frame);
    if (ip?.protocol !== TCP) return;
    const bytes = Buffer.from(frame.slice(ip.start, ip.end));
    const sent = readSegment(bytes, world.now, ip.source, ip.destination);
    answer(sent, (fields) =>
      world.after(DELAY, () => send(ip.destination, sent.destinationPort, fields)),
    );
  };
  world.pass(3);
  world.command(twin, "httpd");
  return { world, twin, receive, send };
}
