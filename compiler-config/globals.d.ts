/** What asc knows and assemblyscript/std/assembly.json does not declare. */
declare function __collect(): void;
