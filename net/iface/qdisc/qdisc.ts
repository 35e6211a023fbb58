/**
 * A queueing discipline: decides whether, when and in what order the frames of an interface leave.
 * Disciplines form a tree, as in Linux: one with classes holds a discipline for each class without
 * children.
 */
import { FrameQueue } from "../../phy/frame-queue";
import { Frame } from "../../wire/frame";
import { Filter } from "./filter";

/** The `parent` of the discipline at the top of an interface. */
export const ROOT: u32 = 0xffff_ffff;

/** What `tc -s` prints for a discipline or class (Linux: gnet_stats_basic, gnet_stats_queue). */
export class QueueCounters {
  sentBytes: u64 = 0;
  sentPackets: u64 = 0;
  dropped: u64 = 0;
  /** How many times a packet had to wait for its rate. */
  overlimits: u64 = 0;
  /** Frames and bytes queued now. */
  backlog: u32 = 0;
  backlogBytes: u32 = 0;

  noteQueued(frame: Frame): void {
    this.backlog++;
    this.backlogBytes += frame.length;
  }
  noteSent(frame: Frame): void {
    this.sentPackets++;
    this.sentBytes += frame.length;
    this.backlog--;
    this.backlogBytes -= frame.length;
  }
  /** Notes that a queued frame was dropped. */
  noteShed(frame: Frame): void {
    this.dropped++;
    this.backlog--;
    this.backlogBytes -= frame.length;
  }

  // --- packets that a discipline has dropped by itself, and that its parents still count ---

  private lost: u32 = 0;
  private lostBytes: u32 = 0;

  /** Notes, after `noteShed`, that the discipline itself dropped the frame. */
  noteLost(frame: Frame): void {
    this.lost++;
    this.lostBytes += frame.length;
  }
  /** Subtracts from the backlog what a child has dropped by itself since the last call. */
  noteLostBy(child: QueueCounters): void {
    if (child.lost == 0) return;
    this.dropped += child.lost;
    this.backlog -= child.lost;
    this.backlogBytes -= child.lostBytes;
    this.lost += child.lost;
    this.lostBytes += child.lostBytes;
    child.lost = 0;
    child.lostBytes = 0;
  }
}

export abstract class Qdisc {
  readonly counters: QueueCounters = new QueueCounters();
  /** Major number in the upper 16 bits. */
  handle: u32 = 0;
  /** ROOT, or the class that the discipline serves. */
  parent: u32 = ROOT;
  /** The filters of a discipline with classes, in the order in which they are tried. */
  readonly filters: Array<Filter> = [];

  /** The name that `tc` gives the discipline. */
  abstract kind(): string;

  /**
   * Takes over an Ethernet frame with an IPv4 packet. Returns the queue that holds it, or null if
   * the discipline does not accept it; the frame then remains the caller's. This and `dequeue` may
   * drop other frames, so a parent then calls `noteLostBy`.
   */
  abstract enqueue(frame: Frame): FrameQueue | null;

  /** Removes and returns the next frame that may be sent at `now`, or returns null. */
  abstract dequeue(now: i64): Frame | null;

  /** Returns when `dequeue` will return a frame; NEVER if nothing is queued. */
  abstract readyAt(now: i64): i64;

  /** Removes and returns a frame of the longest queue, to be released; null if all are empty. */
  abstract shed(): Frame | null;

  // --- classes ---

  /** The number of classes. */
  classCount(): i32 {
    return 0;
  }
  /** Returns the minor number of a class by its index, from 0 to `classCount` - 1. */
  minorAt(_index: i32): u32 {
    return 0;
  }
  /** Returns the discipline of a class; null for a class with children. */
  childAt(_index: i32): Qdisc | null {
    return null;
  }
  /** Replaces the discipline of a class; both must be empty. */
  graft(_index: i32, _child: Qdisc): void {}

  /** Returns the index of a class by its number `MAJOR:MINOR`, or -1. */
  indexOf(classId: u32): i32 {
    if ((classId & 0xffff_0000) != this.handle) return -1;
    for (let i = 0; i < this.classCount(); i++) {
      if (this.minorAt(i) == (classId & 0xffff)) return i;
    }
    return -1;
  }

  /**
   * Applies the first filter that matches the frame. Returns the minor number of its class, or 0 if
   * none matches.
   */
  protected classify(frame: Frame): u32 {
    const filters = this.filters;
    for (let i = 0, count = filters.length; i < count; i++) {
      const filter = unchecked(filters[i]);
      if (!filter.matches(frame)) continue;
      filter.setDsField(frame);
      return filter.flow & 0xffff;
    }
    return 0;
  }
}
