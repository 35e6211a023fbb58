/**
 * lsirq [-n]
 *
 * Lists the interrupts in use with their counts since boot, in the columns of lsirq(1) of
 * util-linux. A name begins with the kind of the interrupt, as in Linux's /proc/interrupts: XT-PIC
 * and IO-APIC are lines, PCI-MSI and PCI-MSIX messages. -n leaves out the headings.
 *
 * Unlike lsirq(1) of util-linux, it sorts by vector, and numbers a message by its vector. Its last
 * two rows count spurious interrupts and those that no driver expected.
 *
 * Exit codes: 0 success; 2 wrong usage (1 in util-linux).
 */
import {
  connectedInterrupts,
  interruptKindName,
  spuriousInterrupts,
  unclaimedInterrupts,
} from "../../../machine/interrupts";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";

const OPTIONS: StaticArray<string> = ["n|noheadings"];

export class Lsirq extends Command {
  constructor() {
    super("lsirq", "[-n]", "lists the interrupts in use and their counts", ["lsirq"]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (!options.has("n")) session.printLine(row("IRQ", "TOTAL", "NAME"));
    const found = connectedInterrupts();
    for (let i = 0; i < found.length; i++) {
      const one = found[i];
      const name = `${interruptKindName(one.kind)} ${one.names.join(", ")}`;
      session.printLine(row(one.number.toString(), one.count.toString(), name));
    }
    session.printLine(row("SPU", spuriousInterrupts().toString(), "Spurious interrupts"));
    session.printLine(row("ERR", unclaimedInterrupts().toString(), "Unexpected interrupts"));
    return this.done();
  }
}

function row(number: string, count: string, name: string): string {
  return `${number.padStart(3)} ${count.padStart(10)} ${name}`;
}
