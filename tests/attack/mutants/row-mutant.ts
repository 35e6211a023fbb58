/** A mutant of the kernel that rows of the catalogue must detect. */
import type { Mutant } from "../../lab/host/mutant.ts";

/** The ids of the rows that must fail, separated by spaces, and the mutant. */
export type RowMutant = [rows: string, ...mutant: Mutant];
