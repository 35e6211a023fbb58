/** Changes the disciplines, classes and filters of an interface: what `tc` and anonymos.conf do. */
import { EGRESS_FILTERS, EGRESS_QDISCS } from "../../../core/limits";
import { Random } from "../../../core/random";
import { Interface } from "../interface";
import { Fifo } from "../qdisc/fifo";
import { Filter } from "../qdisc/filter";
import { Htb } from "../qdisc/htb";
import { HtbClass } from "../qdisc/htb-class";
import { Qdisc, ROOT } from "../qdisc/qdisc";
import { Scheduler } from "../qdisc/scheduler";
import { ClassSpecification, QdiscSpecification } from "../qdisc/specification";
import { Egress } from "./egress";

export const enum TrafficResult {
  Done = 0,
  /** There is one already, and `replace` was false; or another discipline has the handle. */
  Exists,
  /** The kind of discipline is unknown. */
  UnknownKind,
  /** There is no discipline with the handle. */
  NoQdisc,
  /** There is no such class, or it has children, or its discipline is not an htb. */
  NoClass,
  /** The class has children or filters. */
  Busy,
  /** The class and its parent are not of the same discipline. */
  Mismatch,
  /** The bound of core/limits.ts is reached. */
  Full,
}

/** The first handle assigned to disciplines added without one. */
const FIRST_HANDLE: u32 = 0x8001_0000;

export class TrafficControl {
  constructor(
    private readonly egress: Egress,
    private readonly random: Random,
  ) {}

  // --- disciplines ---

  /** Returns the discipline at the top of an interface, or null. */
  root(iface: Interface): Qdisc | null {
    const scheduler = iface.scheduler;
    return scheduler == null ? null : scheduler.root;
  }

  /** Returns all disciplines that have a handle, parents before children. */
  all(iface: Interface): Array<Qdisc> {
    const found: Array<Qdisc> = [];
    const root = this.root(iface);
    if (root != null) found.push(root);
    for (let i = 0; i < found.length; i++) {
      const above = found[i];
      for (let c = 0; c < above.classCount(); c++) {
        const child = above.childAt(c);
        if (child != null && child.handle != 0) found.push(child);
      }
    }
    return found;
  }

  /** Returns the discipline with a handle (major number in the upper 16 bits), or null. */
  find(iface: Interface, handle: u32): Qdisc | null {
    const all = this.all(iface);
    for (let i = 0; i < all.length; i++) {
      if (all[i].handle == handle) return all[i];
    }
    return null;
  }

  /** Returns the discipline at `parent`, ROOT or a class; null if it has none with a handle. */
  at(iface: Interface, parent: u32): Qdisc | null {
    const all = this.all(iface);
    for (let i = 0; i < all.length; i++) {
      if (all[i].parent == parent) return all[i];
    }
    return null;
  }

  /**
   * Adds a discipline at `parent`: ROOT or a class. Handle 0 means any free one. Drops what is
   * queued on the interface.
   */
  addQdisc(
    iface: Interface,
    specification: QdiscSpecification,
    parent: u32,
    handle: u32,
    replace: bool,
  ): TrafficResult {
    const qdisc = specification.make(this.random, this.egress, iface.pool);
    if (qdisc == null) return TrafficResult.UnknownKind;
    const all = this.all(iface);
    const other: Qdisc | null = handle == 0 ? null : this.find(iface, handle);
    if (other != null && other.parent != parent) return TrafficResult.Exists;
    qdisc.handle = handle == 0 ? this.freeHandle(iface) : handle;
    qdisc.parent = parent;
    if (parent == ROOT) {
      if (all.length > 0 && !replace) return TrafficResult.Exists;
      this.setRoot(iface, qdisc);
      return TrafficResult.Done;
    }
    // A replacement does not add to the number of disciplines. (At the root, it replaces all.)
    const full: bool = all.length >= (EGRESS_QDISCS as i32);
    const above = this.find(iface, parent & 0xffff_0000);
    if (above == null) return TrafficResult.NoQdisc;
    const index = above.indexOf(parent);
    const before: Qdisc | null = index < 0 ? null : above.childAt(index);
    if (before == null) return TrafficResult.NoClass;
    if (before.handle != 0 && !replace) return TrafficResult.Exists;
    if (before.handle == 0 && full) return TrafficResult.Full;
    this.empty(iface);
    above.graft(index, qdisc);
    return TrafficResult.Done;
  }

  /** Removes the discipline at `parent`; a class gets a pfifo in its place. */
  removeQdisc(iface: Interface, parent: u32): TrafficResult {
    const root = this.root(iface);
    if (root == null) return TrafficResult.NoQdisc;
    if (parent == ROOT) {
      this.setRoot(iface, null);
      return TrafficResult.Done;
    }
    const above = this.find(iface, parent & 0xffff_0000);
    if (above == null) return TrafficResult.NoQdisc;
    const index = above.indexOf(parent);
    const child: Qdisc | null = index < 0 ? null : above.childAt(index);
    if (child == null || child.handle == 0) return TrafficResult.NoQdisc;
    this.empty(iface);
    above.graft(index, new Fifo());
    return TrafficResult.Done;
  }

  private setRoot(iface: Interface, root: Qdisc | null): void {
    iface.scheduler = null;
    if (root != null) iface.scheduler = new Scheduler(iface.device, iface.pool, this.egress, root);
    this.egress.paths.invalidate();
  }

  /** Drops everything queued; called before disciplines below the root change. */
  private empty(iface: Interface): void {
    const scheduler = iface.scheduler;
    if (scheduler != null) scheduler.purge();
    this.egress.paths.invalidate();
  }

  private freeHandle(iface: Interface): u32 {
    let handle = FIRST_HANDLE;
    while (this.find(iface, handle) != null) handle += 0x1_0000;
    return handle;
  }

  // --- classes ---

  /** Returns the class of an htb by its number, or null. */
  findClass(iface: Interface, classId: u32): HtbClass | null {
    const qdisc = this.find(iface, classId & 0xffff_0000);
    const index = qdisc == null ? -1 : qdisc.indexOf(classId);
    return index >= 0 && qdisc instanceof Htb ? (qdisc as Htb).classes[index] : null;
  }

  /** Adds a class below `parent`, a discipline or a class; if it exists, `replace` changes it. */
  addClass(
    iface: Interface,
    specification: ClassSpecification,
    parent: u32,
    replace: bool,
  ): TrafficResult {
    const id = specification.id;
    if (((id ^ parent) & 0xffff_0000) != 0) return TrafficResult.Mismatch;
    const qdisc = this.find(iface, parent & 0xffff_0000);
    if (qdisc == null) return TrafficResult.NoQdisc;
    if (!(qdisc instanceof Htb)) return TrafficResult.NoClass;
    const htb = qdisc as Htb;
    const known = this.findClass(iface, id);
    if (known != null) {
      if (!replace) return TrafficResult.Exists;
      specification.apply(known);
      return TrafficResult.Done;
    }
    let above: HtbClass | null = null;
    if ((parent & 0xffff) != 0) {
      above = this.findClass(iface, parent);
      if (above == null) return TrafficResult.NoClass;
    }
    this.empty(iface);
    return htb.add(specification.make(above)) ? TrafficResult.Done : TrafficResult.Full;
  }

  /** Removes a class that has no children and no filters. Drops what is queued on the interface. */
  removeClass(iface: Interface, classId: u32): TrafficResult {
    const known = this.findClass(iface, classId);
    if (known == null) return TrafficResult.NoClass;
    const htb = this.find(iface, classId & 0xffff_0000) as Htb;
    for (let i = 0; i < htb.filters.length; i++) {
      if (htb.filters[i].flow == classId) return TrafficResult.Busy;
    }
    if (known.children > 0) return TrafficResult.Busy;
    this.empty(iface);
    htb.remove(htb.indexOf(classId));
    return TrafficResult.Done;
  }

  // --- filters ---

  /** Adds a filter to the discipline with this handle, after those of the same preference. */
  addFilter(iface: Interface, handle: u32, filter: Filter): TrafficResult {
    const qdisc = this.find(iface, handle);
    if (qdisc == null) return TrafficResult.NoQdisc;
    if (qdisc.indexOf(filter.flow) < 0) return TrafficResult.NoClass;
    const filters = qdisc.filters;
    if (filters.length >= (EGRESS_FILTERS as i32)) return TrafficResult.Full;
    let at = filters.length;
    filters.push(filter);
    for (; at > 0 && filters[at - 1].preference > filter.preference; at--) {
      filters[at] = filters[at - 1];
    }
    filters[at] = filter;
    return TrafficResult.Done;
  }

  /**
   * Removes the filter with a preference and a number. `node` 0 means all of the preference, and
   * `preference` 0 means all. Returns NoClass if the preference has no such filter.
   */
  removeFilters(iface: Interface, handle: u32, preference: u32, node: u32): TrafficResult {
    const qdisc = this.find(iface, handle);
    if (qdisc == null) return TrafficResult.NoQdisc;
    const filters = qdisc.filters;
    const before = filters.length;
    for (let i = filters.length - 1; i >= 0; i--) {
      const filter = filters[i];
      if (preference != 0 && filter.preference != preference) continue;
      if (node == 0 || filter.node == node) filters.splice(i, 1);
    }
    return preference == 0 || filters.length < before ? TrafficResult.Done : TrafficResult.NoClass;
  }
}
