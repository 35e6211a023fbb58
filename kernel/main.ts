/** The kernel, as a table of contents: what is started, in which order, and what a turn does. */
import { INTERFACES } from "../core/limits";
import { setLogTime } from "../core/log";
import { pollPrograms, programsPollAt, startPrograms } from "../core/program";
import { earlier } from "../core/time";
import { Idle } from "../drivers/idle";
import { scanPci } from "../drivers/pci/pci";
import { logNetwork, startNetwork } from "../drivers/probe";
import { calibrate, now } from "../machine/clock";
import { setPanicTimeout } from "../machine/host";
import { dispatch, initInterrupts } from "../machine/interrupts";
import { initTimer } from "../machine/timer";
import { initNetworkStack } from "../net/api";
import { FramePool } from "../net/phy/pool";
import { NetworkStack } from "../net/service/stack";
import { loadConfiguration } from "./config/load";
import { startConsole } from "./shell/console";
import { Shell } from "./shell/shell";
import { BareMachine } from "./start/bare-machine";
import { startNetworking } from "./start/networking";

let stack!: NetworkStack;
let shell!: Shell;
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
  stack = startNetworking(configuration, pool, cards, devices, machine.time);
  initNetworkStack(stack);
  shell = startConsole(configuration, machine, stack, devices);
  startPrograms(now());
}

/** One turn of the event loop; answers 0 to be called again at once, 1 after an interrupt. */
export function turn(): u64 {
  const time = now();
  setLogTime(time);
  const network = stack.poll(time);
  const console = shell.poll(time);
  if (pollPrograms(time) || network || console) idle.noteBusy(time);
  const deadline = earlier(stack.pollAt(time), earlier(shell.pollAt(), programsPollAt()));
  return idle.mayHalt(deadline, time) ? 1 : 0;
}

/** An interrupt came: note it, allocate nothing. */
export function interrupt(vector: u32): void {
  dispatch(vector);
}
