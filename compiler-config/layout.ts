/**
 * What a debugger needs besides the source map: where the fields of each class are, and of which
 * types the variables of each function. asc calls this (`--transform`) when it has compiled, and
 * it is written to the file that LAYOUT names: the module itself holds names alone.
 */
import { writeFileSync } from "node:fs";
import * as assemblyscript from "assemblyscript";

export interface Field {
  name: string;
  offset: number;
  type: string;
}

export interface Layout {
  /** By the number that the runtime has for them. */
  classes: Record<number, { name: string; fields: Field[] }>;
  /** Fields of classes whose objects do not tell their class (@unmanaged), by the class's name. */
  records: Record<string, Field[]>;
  /** Types of parameters and variables by name, in each function. */
  functions: Record<string, Record<string, string>>;
}

/** Variables that asc makes for itself are named by a number. */
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
  /** asc sets it. */
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
