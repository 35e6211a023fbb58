/** A learning switch (IEEE 802.1D without spanning tree); each port has a cable of two wires. */
import type { Twin } from "../machine/twin.ts";
import { type Faults, perfect, Wire } from "./wire.ts";
import type { Station, World } from "./world.ts";

/** A station's cable. */
export class Port {
  /** From the switch to the station, and from the station to the switch. */
  readonly down: Wire;
  readonly up: Wire;

  constructor(
    world: World,
    readonly station: Station,
    arrive: (frame: Uint8Array, time: number, damaged: boolean) => void,
  ) {
    this.down = new Wire(world, world.random.fork(), station);
    const end: Station = {
      name: "switch",
      receive: (frame, time, damaged) => arrive(frame, time, damaged === true),
    };
    this.up = new Wire(world, world.random.fork(), end);
  }

  /** Sets the faults of both directions; without `up`, both have those in `down`. */
  setFaults(down: Partial<Faults>, up: Partial<Faults> = down): void {
    this.down.faults = { ...perfect, ...down };
    this.up.faults = { ...perfect, ...up };
  }
}

/** Sees each frame that a station sends, for captures and checks. */
export type Tap = (frame: Uint8Array, time: number, from: Station) => void;

export class Switch {
  readonly ports: Port[] = [];
  /** Called with each frame as its sender gave it, before any fault. */
  taps: Tap[] = [];
  /** The group of each port: frames pass only within a group. Undefined: one group of all ports. */
  islands: number[] | undefined;
  private readonly learned = new Map<number, Port>();

  constructor(private readonly world: World) {}

  /** Connects a station; it sends with `send` and the port that this returns. */
  connect(station: Station): Port {
    const port: Port = new Port(this.world, station, (frame, time, damaged) => {
      // A switch drops frames whose FCS is wrong.
      if (!damaged) this.forward(frame, time, port);
    });
    this.ports.push(port);
    return port;
  }

  /** Connects a twin. */
  connectTwin(twin: Twin): Port {
    const station: Station = {
      name: twin.name,
      receive: (frame, time, damaged) => {
        // CE in the receive descriptor (SDM 3.2.3.3).
        twin.receive(frame, time, damaged ? { errors: 0x01 } : {});
      },
    };
    const port = this.connect(station);
    twin.onSend = (frame) => this.send(port, frame, twin.clock.now);
    return port;
  }

  /** Sends a station's frame into its cable. */
  send(port: Port, frame: Uint8Array, time: number): void {
    for (const tap of this.taps) tap(frame, time, port.station);
    port.up.send(frame, time);
  }

  private forward(frame: Uint8Array, time: number, from: Port): void {
    this.learned.set(hardwareKey(frame, 6), from);
    const to = frame[0] & 1 ? undefined : this.learned.get(hardwareKey(frame, 0));
    if (to === from) return;
    if (to) this.pass(frame, time, from, to);
    else for (const port of this.ports) if (port !== from) this.pass(frame, time, from, port);
  }

  private pass(frame: Uint8Array, time: number, from: Port, to: Port): void {
    const { islands, ports } = this;
    if (islands && islands[ports.indexOf(from)] !== islands[ports.indexOf(to)]) return;
    to.down.send(frame, time);
  }
}

/** Returns six bytes as a number. */
export function hardwareKey(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] << 8) | bytes[at + 1];
  const low = (bytes[at + 2] << 24) | (bytes[at + 3] << 16) | (bytes[at + 4] << 8) | bytes[at + 5];
  return high * 2 ** 32 + (low >>> 0);
}
