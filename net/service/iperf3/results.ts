/** The message in which each end tells the other what it has counted. */
import { JsonValue } from "../json/value";
import { DataStream } from "./data-stream";
import { Transfer } from "./transfer";
import { jsonSeconds, microsOf } from "./units";

/** Returns the message; this kernel does not measure its use of the processor. */
export function writeResults(transfer: Transfer): string {
  const streams = transfer.streams;
  const time = jsonSeconds(transfer.duration);
  let text = '{"cpu_util_total":0,"cpu_util_user":0,"cpu_util_system":0';
  text += `,"sender_has_retransmits":${transfer.sends ? 1 : -1},"streams":[`;
  for (let i = 0; i < streams.length; i++) {
    const stream = streams[i];
    const count: i64 = transfer.sends ? stream.retransmits() : -1;
    if (i > 0) text += ",";
    text += `{"id":${stream.id},"bytes":${stream.bytes},"retransmits":${count}`;
    text += `,"jitter":0,"errors":0,"packets":0,"start_time":0,"end_time":${time}}`;
  }
  return `${text}]}`;
}

/** Takes the peer's results. Returns why they are invalid, or "". */
export function readResults(transfer: Transfer, message: JsonValue): string {
  const list = message.get("streams");
  if (list == null || !list.isArray()) return "unable to receive results: no streams";
  if (list.count() != (transfer.streams.length as u32)) {
    return `unable to receive results: ${list.count()} streams`;
  }
  const items = list.items();
  for (let i = 0; i < items.length; i++) {
    const id = items[i].get("id");
    const bytes = items[i].get("bytes");
    const again = items[i].get("retransmits");
    if (id == null || bytes == null || again == null || bytes.integer() < 0) {
      return "unable to receive results: a stream without id, bytes or retransmits";
    }
    const stream = find(transfer.streams, id.integer());
    if (stream == null) return "stream has an invalid id";
    stream.peerBytes = bytes.integer();
    stream.peerRetransmits = max<i64>(again.integer(), -1);
    stream.peerTime = timeOf(items[i]);
  }
  return "";
}

/** Returns how long a stream was counted, in microseconds; 0 if unknown, as before iperf 3.2. */
function timeOf(item: JsonValue): i64 {
  const start = item.get("start_time");
  const end = item.get("end_time");
  if (start == null || end == null) return 0;
  return max<i64>(microsOf(end.text()) - microsOf(start.text()), 0);
}

function find(streams: Array<DataStream>, id: i64): DataStream | null {
  for (let i = 0; i < streams.length; i++) {
    if (streams[i].id == id) return streams[i];
  }
  return null;
}
