/** Finds a volume by its label on a medium: the whole medium, or one of its partitions. */
import { Fat, openFat } from "./fat";
import { openIso9660 } from "./iso9660";
import { MediumReader } from "./medium";
import { partitionsOf } from "./partitions";
import { sameName, Volume } from "./volume";

/** Returns the first volume with a label, in whatever case, or null; `label` is in lower case. */
export function findVolume(reader: MediumReader, label: string): Volume | null {
  const iso = openIso9660(reader, label);
  if (iso != null || reader.optical) return iso;
  const whole = openFat(reader, 0);
  if (whole != null) return isLabelled(whole, label) ? whole : null;
  const starts = partitionsOf(reader);
  for (let i = 0; i < starts.length; i++) {
    const volume = openFat(reader, starts[i]);
    if (isLabelled(volume, label)) return volume;
  }
  return null;
}

function isLabelled(volume: Fat | null, label: string): bool {
  return volume != null && sameName(volume.label, label);
}
