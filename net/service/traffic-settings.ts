/** Settings of the egress queues of an interface, and how they are applied. */
import { log } from "../../core/log";
import { Interface } from "../iface/interface";
import { TrafficResult } from "../iface/ip/traffic-control";
import { IpLayer } from "../iface/layer";
import { ClassSpecification, QdiscSpecification } from "../iface/qdisc/specification";

/** One discipline, or one class of an htb. */
export class TrafficSetting {
  constructor(
    readonly qdisc: QdiscSpecification | null,
    readonly htbClass: ClassSpecification | null,
    /** ROOT, the class that the discipline serves, or the parent of the class. */
    readonly parent: u32,
    /** The handle of the discipline; 0 for any. */
    readonly handle: u32,
  ) {}
}

/** Applies the settings in order; logs those that fail. */
export function applyTraffic(ip: IpLayer, iface: Interface, settings: Array<TrafficSetting>): void {
  for (let i = 0; i < settings.length; i++) {
    const one = settings[i];
    const qdisc = one.qdisc;
    const htbClass = one.htbClass;
    let result = TrafficResult.Done;
    let what = "";
    if (qdisc != null) {
      result = ip.traffic.addQdisc(iface, qdisc, one.parent, one.handle, false);
      what = qdisc.kind;
    } else if (htbClass != null) {
      result = ip.traffic.addClass(iface, htbClass, one.parent, false);
      const id = htbClass.id;
      what = `class ${(id >>> 16).toString(16)}:${(id & 0xffff).toString(16)}`;
    }
    if (result == TrafficResult.Done) continue;
    log(`${iface.name}: ${what}: ${whyNotApplied(result)}`);
  }
}

function whyNotApplied(result: TrafficResult): string {
  if (result == TrafficResult.Exists) return "there is one already";
  if (result == TrafficResult.Full) return "there are too many";
  if (result == TrafficResult.UnknownKind) return "its kind is unknown";
  if (result == TrafficResult.NoQdisc) return "the discipline of its parent is missing";
  if (result == TrafficResult.NoClass) return "its parent is not a class, or not one of an htb";
  if (result == TrafficResult.Mismatch) return "its parent is of another discipline";
  return "its parent is in use";
}
