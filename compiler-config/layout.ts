/**
 * What a debugger needs besides the source map: the offsets of each class's fields, and the types
 * of each function's variables; the module itself contains only names. asc runs this after it has
 * compiled (`--transform`), and the result goes to the file that LAYOUT names.
 */
import { writeFileSync } from "node:fs";
import * as assemblyscript from "assemblyscript";

export interface Field {
  name: string;
  offset: number;
  type: string;
}

export interface Layout {
  /** By the runtime's number for the class. */
  classes: Record<number, { name: string; fields: Field[] }>;
  /** Fields of @unmanaged classes, whose objects do not hold a class number, by class name. */
  records: Record<string, Field[]>;
  /** The types of each function's parameters and variables, by name. */
  functions: Record<string, Record<string, string>>;
}

/** Variables that asc makes for its own use have numbers as names. */
const temporary = /^\d+$/;

function fieldsOf({ members }: assemblyscript.Class): Field[] {
  return [...(members?.values() ?? [])].flatMap((member) => {
    const property = member instanceof assemblyscript.PropertyPrototype ? member.instance : member;
    if (!(property instanceof assemblyscript.Property) || !property.isField) return [];
    const { name, memoryOffset, type } = property;
    return memoryOffset < 0 ? [] : { name, offset: memoryOffset, type: type.toString() };
  });
}

function variablesOf({ localsByIndex }: assemblyscript.Function): [string, string][] {
  const named = localsByIndex.filter(({ name }) => !temporary.test(name));
  return named.map(({ name, type }) => [name, type.toString()]);
}

export default class LayoutWriter {
  /** Set by asc. */
  declare readonly program: assemblyscript.Program;

  afterCompile(): void {
    const { managedClasses, instancesByName } = this.program;
    const layout: Layout = { classes: {}, records: {}, functions: {} };
    for (const each of managedClasses.values()) {
      layout.classes[each.id] = { name: each.internalName, fields: fieldsOf(each) };
    }
    for (const [name, element] of instancesByName) {
      // An unmanaged class has id 0, which is also the id of Object.
      if (element instanceof assemblyscript.Class && managedClasses.get(element.id) !== element) {
        layout.records[element.internalName] = fieldsOf(element);
      }
      if (!(element instanceof assemblyscript.Function)) continue;
      const variables = variablesOf(element);
      if (variables.length > 0) layout.functions[name] = Object.fromEntries(variables);
    }
    if (process.env.LAYOUT) writeFileSync(process.env.LAYOUT, JSON.stringify(layout));
  }
}
