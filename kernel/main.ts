/** The table of contents of the kernel: what it starts, in which order, and what a turn does. */
import { INTERFACES } from "../core/limits";
import { setLogTime } from "../core/log";
import { PollableList } from "../core/pollable";
import { earlier } from "../core/time";
import { Idle } from "../drivers/idle";
import { logNics, startNics } from "../drivers/nic-probe";
import { scanPci } from "../drivers/pci/pci";
import { calibrate, now } from "../machine/clock";
import { setPanicTimeout } from "../machine/host";
import { dispatch, initInterrupts } from "../machine/interrupts";
import { initTimer } from "../machine/timer";
import { initNetworkStack } from "../net/api";
import { FramePool } from "../net/phy/pool";
import { NetworkStack } from "../net/service/stack";
import { BootFiles } from "./config/boot-files";
import { loadConfiguration } from "./config/load";
import { Daemons } from "./programs/daemons";
import { HostMachine } from "./start/host-machine";
import { startStack } from "./start/stack";
import { startTasks } from "./start/tasks";

let stack!: NetworkStack;
let tasks!: PollableList;
let idle!: Idle;

/** Called once, with interrupts disabled. */
export function boot(): void {
  initInterrupts();
  const devices = scanPci();
  const pool = new FramePool();
  // Early, as an e1000 under QEMU receives nothing for a second after its start.
  const nics = startNics(devices, pool, INTERFACES);
  idle = new Idle(nics);
  calibrate();
  initTimer();
  const files = new BootFiles();
  const configuration = loadConfiguration(files, devices);
  setPanicTimeout(configuration.panicSeconds);
  const host = new HostMachine(nics);
  logNics(devices, nics, INTERFACES);
  stack = startStack(configuration, files, pool, nics, devices, host.time);
  initNetworkStack(stack);
  tasks = startTasks(configuration, files, host, stack, new Daemons(stack), devices);
}

/** Runs one turn of the event loop. Returns 0 to be called again at once, 1 to sleep first. */
export function turn(): u64 {
  const time = now();
  setLogTime(time);
  const busy = stack.poll(time);
  if (tasks.poll(time) || busy) idle.noteBusy(time);
  if (idle.spins(time)) return 0;
  return idle.mayHalt(earlier(stack.pollAt(time), tasks.pollAt(time)), time) ? 1 : 0;
}

/** Notes an interrupt. Allocates nothing. */
export function interrupt(vector: u32): void {
  dispatch(vector);
}
