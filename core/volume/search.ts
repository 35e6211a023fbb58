/** Finds a volume by its label on a medium: the whole medium, or one of its partitions. */
import { Fat, openFat } from "./fat";
import { openIso9660 } from "./iso9660";
import { MediumReader } from "./medium";
import { partitionsOf } from "./partitions";
import { sameName, Volume } from "./volume";

/**
 * Returns the first volume with a label, in whatever case, or null; `label` is in lower case. What
 * cannot be read hides no later partition. Without a volume, `reader.failure` is the first failure.
 */
export function findVolume(reader: MediumReader, label: string): Volume | null {
  const iso = openIso9660(reader, label);
  if (iso != null || reader.optical) return iso;
  let first = reader.recover();
  const whole = openFat(reader, 0);
  if (isLabelled(whole, label)) return whole;
  const starts = whole == null ? partitionsOf(reader) : ([] as u64[]);
  for (let i = 0; i < starts.length; i++) {
    const failure = reader.recover();
    if (first == "") first = failure;
    const volume = openFat(reader, starts[i]);
    if (isLabelled(volume, label)) return volume;
  }
  if (first == "") return null;
  reader.recover();
  reader.fail(first);
  return null;
}

function isLabelled(volume: Fat | null, label: string): bool {
  return volume != null && sameName(volume.label, label);
}
