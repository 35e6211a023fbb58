/** Finds a volume by its label on a medium: the whole medium, or one of its partitions. */
import { openIso9660 } from "./iso9660";
import { MediumReader } from "./medium";
import { sameName, Volume } from "./volume";

/** Returns the first volume with a label, in whatever case, or null; `label` is in lower case. */
export function findVolume(reader: MediumReader, label: string): Volume | null {
  const iso = openIso9660(reader);
  if (iso != null && sameName(iso.label, label)) return iso;
  return null;
}
