/** The kernel, as a table of contents: what is started, in which order, and what a turn does. */
import { INTERFACES } from "../core/limits";
import { setLogTime } from "../core/log";
import { PollableList } from "../core/pollable";
import { startPrograms } from "../core/program";
import { Idle } from "../drivers/idle";
import { scanPci } from "../drivers/pci/pci";
import { logNetwork, startNetwork } from "../drivers/probe";
import { calibrate, now } from "../machine/clock";
import { setPanicTimeout } from "../machine/host";
import { dispatch, initInterrupts } from "../machine/interrupts";
import { initTimer } from "../machine/timer";
import { initNetworkStack } from "../net/api";
import { FramePool } from "../net/phy/pool";
import { loadConfiguration } from "./config/load";
import { HttpDaemon } from "./programs/httpd";
import { startConsole } from "./shell/console";
import { BareMachine } from "./start/bare-machine";
import { startNetworking } from "./start/networking";

/** What each turn polls, in order. */
const loop: PollableList = new PollableList();
let idle!: Idle;

/** Once, with interrupts off. */
export function boot(): void {
  initInterrupts();
  const devices = scanPci();
  const pool = new FramePool();
  // Before all else: a second may pass between this and the first frame that is received.
  const cards = startNetwork(devices, pool, INTERFACES);
  idle = new Idle(cards);
  calibrate();
  initTimer();
  const configuration = loadConfiguration();
  setPanicTimeout(configuration.panicSeconds);
  const machine = new BareMachine(cards);
  logNetwork(devices);
  const stack = startNetworking(configuration, pool, cards, devices, machine.time);
  initNetworkStack(stack);
  const httpd = new HttpDaemon(stack);
  stack.addService(httpd);
  loop.add(stack);
  loop.add(startConsole(configuration, machine, stack, httpd, devices));
  startPrograms(loop, now());
}

/** One turn of the event loop; answers 0 to be called again at once, 1 after an interrupt. */
export function turn(): u64 {
  const time = now();
  setLogTime(time);
  if (loop.poll(time)) idle.noteBusy(time);
  return idle.mayHalt(loop.pollAt(time), time) ? 1 : 0;
}

/** An interrupt came: note it, allocate nothing. */
export function interrupt(vector: u32): void {
  dispatch(vector);
}
