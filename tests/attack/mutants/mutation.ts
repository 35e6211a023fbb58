/** A mutant: the rows that must fail, what it does wrong, and the edit that makes it. */

export type Mutation = [rows: string, what: string, file: string, from: string, to: string];
