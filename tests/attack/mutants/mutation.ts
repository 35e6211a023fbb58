/** What a mutant is: rows that must notice, what it does wrong, and the edit that makes it. */

export type Mutation = [rows: string, what: string, file: string, from: string, to: string];
