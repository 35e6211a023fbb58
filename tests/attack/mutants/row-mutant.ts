/** A mutant of the catalogue. */
import type { Mutant } from "../../lab/host/mutant.ts";

/** The rows that must fail, and the mutant. */
export type RowMutant = [rows: string, ...mutant: Mutant];
