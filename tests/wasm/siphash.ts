/** SipHash under test. */
export { siphash } from "../../kernel/core/siphash";
export { block } from "./text";
