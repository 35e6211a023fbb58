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
    /** The handle of the discipline, 0 for any; or that of the htb. */
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
      what = `class ${(one.handle >>> 16).toString(16)}:${htbClass.minor.toString(16)}`;
    }
    if (result == TrafficResult.Done) continue;
    const why = result == TrafficResult.Exists ? "there is one already" : "its parent is unknown";
    log(`${iface.name}: ${what}: ${result == TrafficResult.Full ? "there are too many" : why}`);
  }
}
