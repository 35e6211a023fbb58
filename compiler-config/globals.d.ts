/** Built into asc, but not declared by assemblyscript/std/assembly.json. */
declare function __collect(): void;
